import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../fixtures/images/', import.meta.url));

/** The path of a file that test/fixtures/images/make.py drew or recorded. */
export function fixture(name: string): string {
  return join(folder, name);
}

/** What make.py recorded of the references. */
export function recorded<T>(name: string): T {
  return JSON.parse(readFileSync(fixture(name), 'utf8')) as T;
}

export function sha256(data: NodeJS.ArrayBufferView): string {
  return createHash('sha256').update(data).digest('hex');
}
