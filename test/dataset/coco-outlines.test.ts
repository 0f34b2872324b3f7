import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutOutlines } from '../../src/dataset/coco-outlines.ts';

const without = (text: string) => withoutOutlines(Buffer.from(text)).toString();

test.each([
  ['{"segmentation":[[1,2],[3]],"bbox":[1]}', '{"segmentation":0,"bbox":[1]}'],
  ['{"segmentation" : {"counts": "]}\\"", "size": [1]} , "a":1}', '{"segmentation" : 0 , "a":1}'],
  ['{"segmentation":null}', '{"segmentation":null}'],
  ['["segmentation",[1]]', '["segmentation",[1]]'],
  ['{"a\\"segmentation":[1]}', '{"a\\"segmentation":[1]}'],
  ['{"segmentation":[[1', '{"segmentation":[[1'],
  ['', ''],
])('%s', (text, expected) => expect(without(text)).toBe(expected));

test('all else is as JSON.parse reads it', () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const entry = fc.record({ segmentation: value, id: value, 'a"segmentation': value });
  fc.assert(
    fc.property(fc.array(entry), fc.constantFrom(0, 2), (entries, space) => {
      const found = JSON.parse(without(JSON.stringify(entries, null, space))) as unknown[];
      const isOutline = (of: unknown) => typeof of === 'object' && of !== null;
      // Values may hold the key again, at any depth.
      const plain = JSON.parse(JSON.stringify(entries), (key, of: unknown) =>
        key === 'segmentation' && isOutline(of) ? 0 : of,
      ) as unknown;
      expect(found).toEqual(plain);
    }),
  );
});
