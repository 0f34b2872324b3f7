import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { decodeImage } from '../../src/validate/image/decode.ts';
import { damaged } from './damage.ts';

const FLIPS = process.env.FAULTS === 'full' ? 500 : 60;

/** What decoding ends in: a size, or a message for the user. Anything else is thrown on. */
async function decode(bytes: Uint8Array): Promise<string> {
  try {
    const { width, height } = await decodeImage(sharp, bytes, 'ultralytics');
    return `${width}×${height}`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A PNG whose header says any size, and whose pixels are `rows` of zeros. */
function png(width: number, height: number, rows: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function bmp(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(54);
  bytes.write('BM', 'latin1');
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd" width="9" height="9"/></svg>';

test.for<[string, () => Uint8Array, RegExp]>([
  [
    '65,535 × 65,535 pixels in a few bytes',
    () => png(65_535, 65_535, new Uint8Array(9)),
    /exceeds pixel limit|cannot be used/,
  ],
  ['2³¹ × 2³¹ pixels', () => png(2 ** 31 - 1, 2 ** 31 - 1, new Uint8Array(9)), /cannot be used/],
  ['a bitmap of 65,535 × 65,535', () => bmp(65_535, 65_535), /more than \d+ pixels/],
  ['a bitmap of -2³¹ rows', () => bmp(1000, -(2 ** 31)), /more than \d+ pixels/],
  ['a bitmap that ends early', () => bmp(1000, 1000), /ends early/],
  ['a picture that ends early', () => png(1000, 1000, new Uint8Array(9)), /cannot be used/],
  ['SVG that reads a file', () => Buffer.from(svg), /SVG, XML or HTML/],
  ['SVG behind a byte-order mark', () => Buffer.from(`\ufeff  ${svg}`), /cannot be used/],
  ['SVG in gzip', () => Buffer.from([0x1f, 0x8b, 8, 0]), /no known image format/],
  ['PDF', () => Buffer.from('%PDF-1.7'), /PDF/],
  [
    'ImageMagick commands',
    () => Buffer.from('push graphic-context\nimage over 0,0 0,0 "msl:/etc/passwd"'),
    /no known image format/,
  ],
  ['a GIF', () => Buffer.from('GIF89a'), /GIF/],
  ['HEIC', () => Buffer.from('\0\0\0\x18ftypheic', 'latin1'), /HEIF/],
  ['nothing', () => new Uint8Array(0), /empty/],
])('%s is refused', { timeout: 10_000 }, async ([, bytes, expected]) => {
  expect(await decode(bytes())).toMatch(expected);
});

test('the largest bomb that is let through stays below 1 GB', { timeout: 60_000 }, async () => {
  const side = 13_000;
  const before = process.memoryUsage().rss;
  expect(await decode(png(side, side, new Uint8Array((side * 3 + 1) * side)))).toBe(`${side}×${side}`);
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
});

test.for(['png', 'jpeg', 'webp', 'tiff', 'avif'] as const)(
  `%s with changed bytes (${FLIPS} times) or cut short is decoded or refused`,
  async (format) => {
    const pixels = Buffer.from(Array.from({ length: 48 * 40 * 3 }, (_, i) => (i * 37) % 251));
    const whole = await sharp(pixels, { raw: { width: 48, height: 40, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    expect(await decode(whole)).toBe('48×40');
    for (let seed = 0; seed < FLIPS; seed++) await decode(damaged(whole, seed));
    for (let percent = 0; percent < 100; percent += 5)
      await decode(whole.subarray(0, (whole.length * percent) / 100));
  },
);
