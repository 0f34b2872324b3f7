import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import { badge } from './badge.ts';
import { reportCharts } from './charts/charts.ts';
import { freshPath } from './fresh-path.ts';
import { reportHtml } from './html.ts';
import type { PictureFiles } from './pictures.ts';
import { readReport, refuseMarkup } from './read.ts';
import type { Report } from './report.ts';
import { summaryMarkdown } from './summary.ts';

/** What the report folder is made from beside the report itself. */
export interface ReportExtras {
  readonly pictures: PictureFiles;
  /** Turns a chart into a PNG. */
  readonly toPng: (svg: string) => Promise<Uint8Array>;
}

/**
 * Writes the report folder, making it where it is missing: report.json, summary.md, report.html, badge.json, the charts as
 * SVG and PNG, and the pictures.
 *
 * @returns the path of report.json.
 * @throws {UserError} when the folder cannot be written to.
 */
export async function writeReport(
  folder: string,
  report: Report,
  { pictures, toPng }: ReportExtras,
): Promise<string> {
  const charts = reportCharts(report);
  const files = new Map<string, string | Uint8Array>([
    ['report.json', `${JSON.stringify(report, null, 2)}\n`],
    ['badge.json', `${JSON.stringify(badge(report), null, 2)}\n`],
    ...texts(report, pictures, charts),
    ...pictures,
  ]);
  const pngs = await Promise.all(charts.map(({ svg }) => toPng(svg)));
  for (const [i, { name, svg }] of charts.entries()) {
    files.set(`charts/${name}.svg`, svg);
    files.set(`charts/${name}.png`, pngs[i]!);
  }
  await writeAll(folder, files);
  return join(folder, 'report.json');
}

/**
 * Makes report.html and summary.md of a report folder again.
 *
 * @throws {UserError} when there is no report.json that this version reads, or the folder cannot be written to.
 */
export async function renderAgain(folder: string): Promise<void> {
  const file = join(folder, 'report.json');
  const report = await readReport(file, refuseMarkup);
  const pictures = new Map<string, Uint8Array>();
  for (const { file: name } of report.details.pictures) {
    if (name !== null && /^pictures\/\d+\.jpg$/.test(name)) {
      const bytes = await readFile(join(folder, name)).catch(() => null);
      if (bytes) pictures.set(name, bytes);
    }
  }
  await writeAll(folder, new Map(explainedTexts(file, report, pictures)));
}

/** A report.json is read as it is: what is missing or of another kind in it shows when it is drawn. */
function explainedTexts(file: string, report: Report, pictures: PictureFiles): [string, string][] {
  try {
    return texts(report, pictures, reportCharts(report));
  } catch (error) {
    throw new UserError(
      'files',
      `${file} must be a whole report.json of this version, but a value in it is missing or of the wrong type: ${messageOf(error)}.`,
      'Name the folder that a run of this version wrote.',
      { cause: error },
    );
  }
}

function texts(
  report: Report,
  pictures: PictureFiles,
  charts: ReturnType<typeof reportCharts>,
): [string, string][] {
  return [
    ['summary.md', summaryMarkdown(report)],
    ['report.html', reportHtml(report, pictures, charts)],
  ];
}

async function writeAll(folder: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  try {
    for (const [name, content] of files) {
      await writeFile(await freshPath(folder, name), content, { flag: 'wx' });
    }
  } catch (error) {
    throw new UserError(
      'files',
      `The report cannot be written to ${folder}: ${messageOf(error)}.`,
      'Name a folder that may be written to with `report-dir`.',
      { cause: error },
    );
  }
}
