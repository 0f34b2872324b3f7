import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A Chromium on this machine: what the variable CHROMIUM names, or one in the usual places. */
export function findChromium(): string | null {
  return [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path)) ?? null;
}

/** How a page is looked at. */
export interface Look {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  /** Where to put a picture of the whole page, if anywhere. */
  readonly screenshot: string | null;
}

/** What axe-core hands back, as far as it is read here. */
interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string }[];
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SERIOUS = new Set(['serious', 'critical']);

/**
 * Opens a local page and tells what is wrong with it: script errors, requests to anything but the page itself, content wider
 * than the screen, and what axe-core finds serious.
 */
export async function inspectPage(
  executablePath: string,
  path: string,
  { width, scheme, screenshot }: Look,
): Promise<readonly string[]> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const problems: string[] = [];
    const url = pathToFileURL(path).href;
    // The page forbids scripts; the inspection needs one of its own.
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      bypassCSP: true,
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(`script error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:'))
        problems.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    if (screenshot !== null) await page.screenshot({ path: screenshot, fullPage: true });
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    if (Number(wide) > width) problems.push(`overflow: the page is ${wide} pixels wide on ${width}`);
    await page.evaluate(AXE);
    const violations = (await page.evaluate(
      'axe.run().then(({ violations }) => violations)',
    )) as AxeViolation[];
    for (const { id, impact, help, nodes } of violations) {
      if (SERIOUS.has(impact ?? ''))
        problems.push(`axe: ${id} (${impact}): ${help}: ${nodes[0]?.html.slice(0, 200)}`);
    }
    return problems;
  } finally {
    await browser.close();
  }
}
