import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DatasetOptions, loadDataset } from '../../src/dataset/dataset.ts';
import type { Dataset } from '../../src/dataset/types.ts';
import type { Family } from '../../src/protocol.ts';
import { folderWith } from './folders.ts';

const BOX = '0 0.5 0.5 0.25 0.25';
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
const FAMILIES: readonly Family[] = ['yolov5', 'ultralytics'];

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A data set of two classes with `val: images/val`, loaded. */
async function load(files: Files, options: Partial<DatasetOptions> = {}): Promise<Dataset> {
  const root = await folderWith({ 'data.yaml': 'val: images/val\nnames: [cat, dog]', ...files });
  return loadDataset(join(root, 'data.yaml'), { split: 'val', family: 'yolov5', ...options });
}

const stems = ({ images }: Dataset): string[] => images.map(({ path }) => path.match(/([^/\\]+)\.\w+$/)![1]!);

describe('loadDataset', () => {
  it.each(FAMILIES)('reads images and labels for %s', async (family) => {
    const dataset = await load(
      {
        'images/val/b.jpg': '',
        'images/val/a.jpg': '',
        'images/val/empty.jpg': '',
        'images/val/without.jpg': '',
        'labels/val/a.txt': BOX,
        'labels/val/b.txt': `1 0.5 0.5 1 1\n${BOX}`,
        'labels/val/empty.txt': '',
        'labels/val/c.txt': 'no image has this file',
      },
      { family },
    );
    expect(stems(dataset)).toEqual(['a', 'b', 'empty', 'without']);
    expect(dataset.images.map(({ labels }) => labels.count)).toEqual([1, 2, 0, 0]);
    expect(dataset.images[1]!.labels).toEqual({
      count: 2,
      cls: Int32Array.of(1, 0),
      xywhn: Float32Array.of(0.5, 0.5, 1, 1, 0.5, 0.5, 0.25, 0.25),
    });
    expect(dataset).toMatchObject({ split: 'val', labelCount: 3, warnings: [] });
    expect([...dataset.names]).toEqual([
      [0, 'cat'],
      [1, 'dog'],
    ]);
  });

  it('reads a folder that holds images and labels', async () => {
    const dataset = await load({
      'data.yaml': 'path: .\nval: [val]\nnames: [a]',
      'val/images/1.jpg': '',
      'val/labels/1.txt': BOX,
    });
    expect(dataset.labelCount).toBe(1);
  });

  it('reads labels beside images that are in no folder `images`', async () => {
    const dataset = await load({ 'data.yaml': 'val: set\nnc: 1', 'set/1.jpg': '', 'set/1.txt': BOX });
    expect(dataset.labelCount).toBe(1);
  });

  it('counts an image named twice as often as the reference does', async () => {
    const files = {
      'data.yaml': 'val: [a, l.txt]\nnc: 1',
      'l.txt': './a/1.jpg',
      'a/1.jpg': '',
      'a/1.txt': BOX,
    };
    expect(await load(files, { family: 'yolov5' })).toMatchObject({ labelCount: 1 });
    expect(await load(files, { family: 'ultralytics' })).toMatchObject({ labelCount: 2 });
  });

  it('drops images with bad label files, and says why', async () => {
    const dataset = await load({
      'images/val/a.jpg': '',
      'images/val/b.jpg': '',
      'images/val/c.jpg': '',
      'labels/val/a.txt': BOX,
      'labels/val/b.txt': '0 320 240 10 10',
      'labels/val/c.txt': `${BOX}\n${BOX}\n`,
    });
    expect(stems(dataset)).toEqual(['a', 'c']);
    expect(dataset.warnings).toEqual([
      expect.stringMatching(
        /b\.jpg was dropped: row 1 has the coordinate 320, which is not a share of the image\.$/,
      ),
      expect.stringMatching(/^1 duplicate rows of .*c\.txt were left out\.$/),
    ]);
  });

  it('does not flood the log', async () => {
    const bad = Array.from({ length: 30 }, (_, at) => [
      [`images/val/${at}.jpg`, ''],
      [`labels/val/${at}.txt`, 'x'],
    ]).flat();
    const dataset = await load({
      'images/val/good.jpg': '',
      'labels/val/good.txt': BOX,
      ...Object.fromEntries(bad),
    });
    expect(dataset.warnings).toHaveLength(11);
    expect(dataset.warnings[10]).toBe('20 more images have such faults.');
  });

  it('drops listed images that are missing, unless all are', async () => {
    const list = {
      'data.yaml': 'val: l.txt\nnc: 1',
      'l.txt': './images/1.jpg\n./images/2.jpg',
      'labels/2.txt': BOX,
    };
    const dataset = await load({ ...list, 'images/2.jpg': '' });
    expect(stems(dataset)).toEqual(['2']);
    expect(dataset.warnings).toEqual([expect.stringMatching(/1\.jpg was dropped: there is no such file\.$/)]);
    await expect(load(list)).rejects.toThrow(/Listed images must exist, but 2 of 2 do not, first .*1\.jpg/);
  });

  it('treats a class beyond `names` as the reference does', async () => {
    const files = {
      'images/val/a.jpg': '',
      'images/val/b.jpg': '',
      'labels/val/a.txt': BOX,
      'labels/val/b.txt': '2 .5 .5 .1 .1',
    };
    await expect(load(files, { family: 'yolov5' })).rejects.toThrow(
      /0 to 1, but .*b\.txt has class 2 in row 1/,
    );
    const dataset = await load(files, { family: 'ultralytics' });
    expect(stems(dataset)).toEqual(['a']);
    expect(dataset.warnings).toEqual([expect.stringContaining('class 2 in row 1, classes are 0 to 1')]);
  });

  it('treats a class that the model does not have as the reference does', async () => {
    const files = { 'images/val/a.jpg': '', 'labels/val/a.txt': `1 .5 .5 .5 .5\n${BOX}\n1 .5 .5 .1 .1` };
    await expect(load(files, { family: 'yolov5', nc: 1 })).rejects.toThrow(
      /0 to 0, but .*a\.txt has class 1 in row 1/,
    );
    const dataset = await load(files, { family: 'ultralytics', nc: 1 });
    expect(dataset.images[0]!.labels).toEqual({
      count: 1,
      cls: Int32Array.of(0),
      xywhn: Float32Array.of(0.5, 0.5, 0.25, 0.25),
    });
    expect(dataset.labelCount).toBe(1);
    expect(dataset.warnings).toEqual([
      '2 labels of classes that the model (1 classes) cannot predict were skipped.',
    ]);
  });

  it('cuts pose rows by the kpt_shape of the data.yaml', async () => {
    const files = {
      'data.yaml': 'val: images/val\nnc: 1\nkpt_shape: [2, 3]',
      'images/val/a.jpg': '',
      'labels/val/a.txt': `${BOX} .1 .1 2 .2 .2 2`,
    };
    expect(await load(files, { family: 'ultralytics' })).toMatchObject({ labelCount: 1 });
  });

  it('refuses Git LFS pointers', async () => {
    const images = { 'images/val/a.jpg': LFS, 'images/val/b.jpg': '', 'labels/val/b.txt': BOX };
    await expect(load(images)).rejects.toThrow(
      /The images must be in the checkout, but Git LFS pointers are in their place \(1, first .*a\.jpg\)\. .*`lfs: true`/,
    );
    const labels = { 'images/val/b.jpg': '', 'labels/val/b.txt': LFS };
    await expect(load(labels)).rejects.toThrow(/The label files must be .* first .*b\.txt/);
  });

  it('refuses a split without images or without labels', async () => {
    await expect(load({ 'images/val/readme.md': '' })).rejects.toThrow(
      /There must be images \(bmp.*none in .*val/,
    );
    await expect(
      load({ 'images/val/a.jpg': '', 'images/val/b.jpg': '', 'labels/val/b.txt': 'x' }),
    ).rejects.toThrow(
      /none of 2 has: 1 are without a label file, 1 were dropped \(first because row 1 has 1 columns.*a\.jpg were looked for in .*labels.val.a\.txt/,
    );
    await expect(load({ 'images/val/a.jpg': '', 'labels/val/a.txt': '\n' })).rejects.toThrow(
      /must have labels/,
    );
  });

  it('refuses a label file of absurd size without reading it', async () => {
    const root = await folderWith({ 'd.yaml': 'val: i\nnc: 1', 'i/a.jpg': '', 'i/a.txt': BOX });
    await truncate(join(root, 'i', 'a.txt'), 2 ** 33);
    await expect(loadDataset(join(root, 'd.yaml'), { split: 'val', family: 'yolov5' })).rejects.toThrow(
      /must not be larger than 4194304 bytes, but .*a\.txt has 8589934592/,
    );
  });

  it('gives the same data set every time, in the order of the paths', async () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,4}$/), { minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(names, async (unordered) => {
        const files = unordered.flatMap((name, at) => [
          [`images/val/${name}.jpg`, ''],
          [`labels/val/${name}.txt`, `0 0.5 0.5 0.1 ${at / 1000}`],
        ]);
        const dataset = await load(Object.fromEntries(files));
        const sorted = unordered.toSorted();
        expect(stems(dataset)).toEqual(sorted.toSorted((a, b) => (`${a}.` < `${b}.` ? -1 : 1)));
        const heights = dataset.images.map(({ labels }) => labels.xywhn[3]);
        expect(heights).toEqual(stems(dataset).map((stem) => Math.fround(unordered.indexOf(stem) / 1000)));
      }),
      { numRuns: 10 },
    );
  });
});
