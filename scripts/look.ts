// Opens a report.html in headless Chromium as a reader would, on a desk and on a phone, in light and in dark, and tells what is
// wrong: `node scripts/dev.mjs node scripts/look.ts REPORT_FOLDER [SCREENSHOT_FOLDER]`.
import { join, resolve } from 'node:path';
import { findChromium, inspectPage } from '../test/helpers/chromium.ts';

const [folder, screenshots] = process.argv.slice(2);
const chromium = findChromium();
if (folder === undefined) {
  console.error('Name the folder of a report.');
  process.exitCode = 1;
} else if (chromium === null) console.log('Skipped: no Chromium here (CHROMIUM names one elsewhere).');
else {
  const page = resolve(folder, 'report.html');
  for (const width of [1280, 390]) {
    for (const scheme of ['light', 'dark'] as const) {
      const screenshot =
        screenshots === undefined ? null : join(screenshots, `report-${width}-${scheme}.png`);
      const found = await inspectPage(chromium, page, { width, scheme, screenshot });
      console.log(`${width} px, ${scheme}: ${found.length === 0 ? 'nothing wrong' : ''}`);
      for (const problem of found) console.log(`  ${problem}`);
      if (found.length > 0) process.exitCode = 1;
    }
  }
}
