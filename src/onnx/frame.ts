import type { FileHandle } from 'node:fs/promises';

/** Fields of a model's outermost message that are looked at; exporters write some dozens. */
const MAX_FIELDS = 100_000;

/** A tag and a length take at most ten bytes each. */
const HEAD_BYTES = 20;

/**
 * Goes over the fields of a file's outermost message without reading what they hold: a file of gigabytes that is no model need not
 * be in memory to be seen through.
 *
 * Format: https://protobuf.dev/programming-guides/encoding/, without groups, which ONNX has none of.
 *
 * @returns what is wrong, if anything.
 */
export async function frameFault(file: FileHandle, size: number): Promise<string | null> {
  const head = Buffer.alloc(HEAD_BYTES);
  let at = 0;
  for (let field = 0; at < size; field++) {
    if (field === MAX_FIELDS) return `more than ${MAX_FIELDS} fields`;
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, at);
    const length = fieldLength(head.subarray(0, bytesRead));
    if (length === null) return `no field begins at byte ${at}`;
    if (at + length > size) return `the field at byte ${at} ends after the file`;
    at += length;
  }
  return null;
}

/** Bytes of the field that begins here; `null` where none does. */
function fieldLength(head: Uint8Array): number | null {
  const tag = varint(head, 0);
  if (tag === null || tag.value < 8) return null;
  switch (tag.value % 8) {
    case 0:
      return varint(head, tag.end)?.end ?? null;
    case 1:
      return tag.end + 8;
    case 2: {
      const length = varint(head, tag.end);
      return length && length.end + length.value;
    }
    case 5:
      return tag.end + 4;
    default:
      return null;
  }
}

function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 10); at++) {
    value += (bytes[at]! & 127) * 128 ** (at - from);
    if (bytes[at]! < 128) return { value, end: at + 1 };
  }
  return null;
}
