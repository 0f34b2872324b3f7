import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { decode, encode, type RememberedImage } from '../../src/remember/format.ts';

const KEY = 'ab'.repeat(32);
const EXPECTED = { key: KEY, images: 2, size: { width: 640, height: 480 }, nc: 3 };
const geometry = {
  nativeWidth: 500,
  nativeHeight: 375,
  loadedWidth: 640,
  loadedHeight: 480,
  ratio: 1,
  padX: 0.5,
  padY: 0,
  left: 0,
  top: 0,
  width: 640,
  height: 480,
};
const IMAGES: readonly RememberedImage[] = [
  {
    geometry,
    detections: {
      count: 2,
      xyxy: Float32Array.of(1, 2, 3, 4, 5.5, 6.25, -7, 8),
      conf: Float32Array.of(0.9, 0.1),
      cls: Int32Array.of(2, 0),
    },
    milliseconds: 35.25,
  },
  {
    geometry: { ...geometry, nativeWidth: 640 },
    detections: { count: 0, xyxy: new Float32Array(), conf: new Float32Array(), cls: new Int32Array() },
    milliseconds: 36,
  },
];

test('what is read is to the bit what was written', () => {
  expect(decode(encode(KEY, IMAGES), EXPECTED)).toEqual(IMAGES);
  expect(decode(encode(KEY, []), { ...EXPECTED, images: 0 })).toEqual([]);
});

test('a single changed, missing or added byte is noticed wherever it is', () => {
  const bytes = Uint8Array.from(encode(KEY, IMAGES));
  for (let at = 0; at < bytes.length; at += 5) {
    const damaged = bytes.slice();
    damaged[at]! ^= 1;
    expect(() => decode(damaged, EXPECTED)).toThrow(/format|bytes/);
    expect(() => decode(bytes.slice(0, at), EXPECTED)).toThrow();
  }
  expect(() => decode(Uint8Array.from([...bytes, 0]), EXPECTED)).toThrow(/bytes/);
});

/** Changes an entry behind its hash, as somebody would who forges one. */
function forged(change: (body: Buffer) => unknown, added = 0): Uint8Array {
  const bytes = Buffer.from(encode(KEY, IMAGES));
  const start = bytes.indexOf('\n') + 1;
  const body = Buffer.concat([bytes.subarray(start + 32), Buffer.alloc(added)]);
  change(body);
  return Buffer.concat([bytes.subarray(0, start), createHash('sha256').update(body).digest(), body]);
}

test.each<[string, (body: Buffer) => unknown, RegExp]>([
  ['another key', (body) => body.writeUInt8(0, 0), /another model/],
  ['another number of images', (body) => body.writeUInt32LE(3, 32), /3 images/],
  ['more boxes than there are', (body) => body.writeUInt32LE(4_000_000_000, 36), /ends early/],
  ['a class that the model does not have', (body) => body.writeInt32LE(3, body.length - 4), /range/],
  ['a confidence that is no number', (body) => body.writeFloatLE(Number.NaN, body.length - 12), /range/],
])('a forged entry is refused: %s', (_, change, reason) => {
  expect(() => decode(forged(change), EXPECTED)).toThrow(reason);
});

test('a forged entry is refused: more bytes than it says', () => {
  expect(() =>
    decode(
      forged(() => {}, 4),
      EXPECTED,
    ),
  ).toThrow(/more bytes/);
});

test('an entry for another network input is refused', () => {
  const other = { width: 320, height: 480 };
  expect(() => decode(encode(KEY, IMAGES), { ...EXPECTED, size: other })).toThrow(/another size/);
  expect(decode(encode(KEY, IMAGES), { ...EXPECTED, size: null })).toEqual(
    decode(encode(KEY, IMAGES), EXPECTED),
  );
});
