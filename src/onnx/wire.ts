/** A field of a Protocol Buffers message, by its places in the message's bytes. */
export interface WireField {
  readonly number: number;
  /** Whether its content is bytes of a length of its own: text, a message, packed numbers. */
  readonly isDelimited: boolean;
  /** Where its content begins, behind tag and length. */
  readonly content: number;
  /** Where the next field begins; may lie behind the bytes that are there. */
  readonly end: number;
}

/** A tag and a length take at most so many bytes. */
export const FIELD_HEAD_BYTES = 20;

/**
 * The field that begins at a byte of a message; `null` where none does.
 *
 * Format: https://protobuf.dev/programming-guides/encoding/, without groups, which ONNX has none of.
 */
export function fieldAt(bytes: Uint8Array, at: number): WireField | null {
  const tag = varint(bytes, at);
  if (tag === null || tag.value < 8) return null;
  const field = (content: number, length: number, isDelimited = false): WireField => ({
    number: Math.floor(tag.value / 8),
    isDelimited,
    content,
    end: content + length,
  });
  switch (tag.value % 8) {
    case 0: {
      const value = varint(bytes, tag.end);
      return value && field(tag.end, value.end - tag.end);
    }
    case 1:
      return field(tag.end, 8);
    case 2: {
      const length = varint(bytes, tag.end);
      return length && field(length.end, length.value, true);
    }
    case 5:
      return field(tag.end, 4);
    default:
      return null;
  }
}

/** Tag and length of a field whose content is bytes. */
export function delimitedHead(number: number, length: number): Uint8Array {
  return Uint8Array.from([...varintOf(number * 8 + 2), ...varintOf(length)]);
}

function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 10); at++) {
    value += (bytes[at]! & 127) * 128 ** (at - from);
    if (bytes[at]! < 128) return { value, end: at + 1 };
  }
  return null;
}

function varintOf(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
