const KEY = Buffer.from('"segmentation"');
const [QUOTE, BACKSLASH, COLON, OPEN_LIST, CLOSE_LIST, OPEN_MAP, CLOSE_MAP] = Buffer.from('"\\:[]{}');
const ZERO = 0x30;

/**
 * Takes the outlines out of the text of a COCO JSON, which are most of it and are not read: each `segmentation` that is a list or a
 * map becomes 0.
 *
 * @param bytes are overwritten.
 * @returns the part of them that is left; text that is no JSON comes back as something that is none either.
 */
export function withoutOutlines(bytes: Buffer): Buffer {
  let [read, written] = [0, 0];
  const keep = (end: number) => {
    bytes.copyWithin(written, read, end);
    written += end - read;
    read = end;
  };
  for (let at = bytes.indexOf(KEY); at >= 0; at = bytes.indexOf(KEY, Math.max(read, at + 1))) {
    // Behind a backslash the quote belongs to a text.
    const value = bytes[at - 1] === BACKSLASH ? null : valueAfter(bytes, at + KEY.length);
    const end = value === null ? null : endOfValue(bytes, value);
    if (value === null || end === null) continue;
    keep(value);
    bytes[written++] = ZERO;
    read = end;
  }
  keep(bytes.length);
  return bytes.subarray(0, written);
}

/** Where the list or map behind a key's colon begins. */
function valueAfter(bytes: Buffer, from: number): number | null {
  const colon = afterSpace(bytes, from);
  if (bytes[colon] !== COLON) return null;
  const value = afterSpace(bytes, colon + 1);
  return bytes[value] === OPEN_LIST || bytes[value] === OPEN_MAP ? value : null;
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || (bytes[at]! >= 0x09 && bytes[at]! <= 0x0d)) at++;
  return at;
}

function endOfValue(bytes: Buffer, from: number): number | null {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at++; bytes[at] !== QUOTE && at < bytes.length; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN_LIST || byte === OPEN_MAP) depth++;
    else if (byte === CLOSE_LIST || byte === CLOSE_MAP) {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}
