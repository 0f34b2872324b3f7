import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors.ts';
import type { Report } from './report.ts';

/**
 * Writes report.json and summary.md into the report folder, making it where it is missing.
 *
 * @returns the path of report.json.
 * @throws {UserError} when the folder cannot be written to.
 */
export async function writeReport(folder: string, report: Report, summary: string): Promise<string> {
  const file = join(folder, 'report.json');
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    await writeFile(join(folder, 'summary.md'), summary);
  } catch (error) {
    throw new UserError(
      'files',
      `The report cannot be written to ${folder}: ${messageOf(error)}.`,
      'Name a folder that may be written to with `report-dir`.',
      { cause: error },
    );
  }
  return file;
}
