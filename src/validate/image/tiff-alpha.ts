/** What the fourth channel of a TIFF is (TIFF 6.0, tag ExtraSamples). */
export type TiffAlpha = 'unspecified' | 'premultiplied' | 'straight';

const EXTRA_SAMPLES = 338;
const KINDS: readonly TiffAlpha[] = ['unspecified', 'premultiplied', 'straight'];

/**
 * Reads the first extra sample's kind from the first directory; where it cannot be read, it is unspecified.
 */
export function readTiffAlpha(bytes: Uint8Array): TiffAlpha {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittleEndian = bytes[0] === 0x49;
  const u16 = (offset: number) => (offset + 2 <= bytes.length ? view.getUint16(offset, isLittleEndian) : 0);
  const u32 = (offset: number) => (offset + 4 <= bytes.length ? view.getUint32(offset, isLittleEndian) : 0);
  const directory = u32(4);
  const count = u16(directory);
  for (let entry = directory + 2; entry < directory + 2 + count * 12; entry += 12) {
    if (u16(entry) === EXTRA_SAMPLES) return KINDS[u16(entry + 8)] ?? 'unspecified';
  }
  return 'unspecified';
}
