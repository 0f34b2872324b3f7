import type { FileHandle } from 'node:fs/promises';
import { FIELD_HEAD_BYTES, fieldAt } from './wire.ts';

/** Fields of a model's outermost message that are looked at; exporters write some dozens. */
const MAX_FIELDS = 100_000;

/**
 * Goes over the fields of a file's outermost message without reading what they hold: a file of gigabytes that is no model need not
 * be in memory to be seen through.
 *
 * @returns what is wrong, if anything.
 */
export async function frameFault(file: FileHandle, size: number): Promise<string | null> {
  const head = Buffer.alloc(FIELD_HEAD_BYTES);
  let at = 0;
  for (let number = 0; at < size; number++) {
    if (number === MAX_FIELDS) return `more than ${MAX_FIELDS} fields`;
    const { bytesRead } = await file.read(head, 0, FIELD_HEAD_BYTES, at);
    const field = fieldAt(head.subarray(0, bytesRead), 0);
    if (field === null) return `no field begins at byte ${at}`;
    if (at + field.end > size) return `the field at byte ${at} ends after the file`;
    at += field.end;
  }
  return null;
}
