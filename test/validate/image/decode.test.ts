import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import nativeSharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import type { Family } from '../../../src/protocol.ts';
import { loadNativeParts } from '../../../src/runtime/load.ts';
import { decodeImage, imageSize } from '../../../src/validate/image/decode.ts';
import { webassemblyBase } from '../../helpers/webassembly.ts';
import { fixture, recorded, sha256 } from './fixtures.ts';

interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
}

const FAMILIES: readonly Family[] = ['yolov5', 'ultralytics'];
const files =
  recorded<Record<string, Record<Family, Decoded | { readonly dropped: string }>>>('decoded.json');

/** Files whose pixels cannot be made equal: what the reference gives, and how far ours may lie from it. */
const CLOSE: Record<string, { readonly reference: string; readonly mean: number; readonly most: number }> = {
  // libheif and libavif interpolate chroma differently; a photograph at quality 75 differs by 0.6 on average.
  'chroma-420.avif': { reference: 'chroma-420.avif.png', mean: 5, most: 60 },
  'chroma-444.avif': { reference: 'chroma-444.avif.png', mean: 0.2, most: 1 },
  // libvips divides by alpha, which cannot be undone without loss; the reference leaves the samples as they are.
  'rgba-premultiplied.tif': { reference: 'rgba.tif', mean: 0.15, most: 1 },
};

test('the recorded files are enough of each', () => {
  const kinds = Object.values(files).map(({ ultralytics }) => 'sha256' in ultralytics);
  expect(kinds.filter(Boolean).length).toBeGreaterThan(75);
  expect(kinds.filter((isDecoded) => !isDecoded).length).toBeGreaterThan(5);
});

describe.each([
  ['machine code', nativeSharp],
  ['WebAssembly', loadNativeParts(await webassemblyBase()).sharp],
])('by %s', (_, sharp) => {
  describe.each(FAMILIES)('%s', (family) => {
    const equal = Object.keys(files).filter((name) => !(name in CLOSE) && 'sha256' in files[name]![family]);
    const dropped = Object.keys(files).filter((name) => 'dropped' in files[name]![family]);

    test.each(equal)('%s has the pixels that the reference reads, byte for byte', async (name) => {
      const { width, height, data } = await decodeImage(sharp, fixture(name), family);
      expect({ width, height, sha256: sha256(data) }).toEqual(files[name]![family]);
    });

    test.each(equal)('%s has its size in its header', async (name) => {
      const { width, height } = files[name]![family] as Decoded;
      expect(await imageSize(sharp, fixture(name), family)).toEqual({ width, height });
    });

    test.each(dropped)('%s is refused, as the reference drops it', async (name) => {
      const refused = decodeImage(sharp, fixture(name), family);
      await expect(refused).rejects.toMatchObject({ name: 'UserError', kind: 'dataset' });
      await expect(refused).rejects.toThrow(name);
    });
  });

  test.each(Object.entries(CLOSE))(
    '%s comes close to the reference',
    async (name, { reference, mean, most }) => {
      const actual = await decodeImage(sharp, fixture(name), 'ultralytics');
      const expected = await decodeImage(sharp, fixture(reference), 'ultralytics');
      const recordedPixels = files[name]!.ultralytics as Decoded;
      expect(sha256(expected.data)).toBe(recordedPixels.sha256);
      const differences = Array.from(actual.data, (sample, i) => Math.abs(sample - expected.data[i]!));
      expect(Math.max(...differences)).toBeLessThanOrEqual(most);
      expect(differences.reduce((sum, value) => sum + value, 0) / differences.length).toBeLessThan(mean);
    },
  );

  test('bytes are taken as well as a path', async () => {
    const bytes = await readFile(fixture('progressive.jpg'));
    const fromPath = await decodeImage(sharp, fixture('progressive.jpg'), 'yolov5');
    expect(await decodeImage(sharp, new Uint8Array(bytes), 'yolov5')).toEqual(fromPath);
  });

  test('a missing file is refused by name', async () => {
    expect(await imageSize(sharp, fixture('none.jpg'), 'yolov5')).toBeNull();
    await expect(decodeImage(sharp, fixture('none.jpg'), 'yolov5')).rejects.toThrow(/none\.jpg.*ENOENT/);
  });

  const NEVER: typeof sharp = Object.assign(() => {
    throw new TypeError('the image library was called');
  }, sharp);

  test.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'],
    ['SVG', '\ufeff  <?xml version="1.0"?><svg/>'],
    ['SVG', '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'],
    ['PDF', '%PDF-1.7\n'],
    ['GIF', 'GIF89a\x01\x00\x01\x00'],
    ['HEIF or video \\(heic\\)', '\0\0\0\x18ftypheic\0\0\0\0'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['PFM', 'PF\n4 4\n-1.0\n'],
    ['empty', ''],
    ['of no known image format', 'P6\n4 4\n255\n'],
    ['of no known image format', '\x08\xf2\xa6\xb6vips'],
  ])('%s is refused before the image library sees it', async (kind, text) => {
    const bytes = Buffer.from(text, 'latin1');
    await expect(decodeImage(NEVER, bytes, 'ultralytics')).rejects.toThrow(new RegExp(`it is ${kind}`));
  });

  test('a picture that claims too many pixels is refused without being unpacked', async () => {
    const png = await readFile(fixture('rgb.png'));
    const claim = Buffer.from(png);
    claim.writeUInt32BE(20_000, 16);
    claim.writeUInt32BE(20_000, 20);
    claim.writeUInt32BE(crc32(claim.subarray(12, 29)), 29);
    await expect(decodeImage(sharp, claim, 'yolov5')).rejects.toThrow(/pixel limit/);

    const bmp = Buffer.from(await readFile(fixture('24-bit.bmp')));
    bmp.writeInt32LE(20_000, 18);
    bmp.writeInt32LE(20_000, 22);
    await expect(decodeImage(sharp, bmp, 'yolov5')).rejects.toThrow(/more than 178956970 pixels/);
  });

  test.each([
    '1-bit.bmp',
    '4-bit.bmp',
    '8-bit-short-palette.bmp',
    '16-bit-565.bmp',
    '24-bit-os2.bmp',
    '32-bit-masks.bmp',
    'trailer-rgb-420.jpg',
    'trailer-two-pictures.mpo',
    'cmyk.jpg',
    'rgba.tif',
    'rgba-premultiplied.tif',
    'palette-transparent.png',
    'lossy-alpha.webp',
  ])('%s with changed bytes gives a picture or a UserError, never another error', async (name) => {
    const original = await readFile(fixture(name));
    const change = fc.tuple(fc.nat(Math.min(original.length - 1, 400)), fc.nat(255));
    const cut = fc.nat(original.length);
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 8 }),
        cut,
        fc.boolean(),
        async (changes, length, isCut) => {
          const bytes = Buffer.from(isCut ? original.subarray(0, length) : original);
          for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value;
          const result = await decodeImage(sharp, bytes, 'yolov5').catch((error: unknown) => error);
          if (result instanceof UserError) return;
          expect(result).toMatchObject({ width: expect.any(Number), height: expect.any(Number) });
        },
      ),
      { numRuns: 60 },
    );
  });
});
