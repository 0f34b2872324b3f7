import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseCalibrationImages, otherThan } from '../../src/calibrate/images.ts';

const folder = await mkdtemp(join(tmpdir(), 'calibration-'));

async function files(contents: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const paths = Object.keys(contents).map((name) => join(folder, name));
  await Promise.all(Object.values(contents).map((content, i) => writeFile(paths[i]!, content)));
  return paths;
}

test('so many, the same for a seed, others for another', async () => {
  const all = await files(
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.jpg`, `picture ${i}`])),
  );
  const choose = (seed: number) => chooseCalibrationImages([...all, ...all], [], { count: 10, seed });
  const chosen = await choose(1);
  expect(new Set(chosen).size).toBe(10);
  expect(await choose(1)).toEqual(chosen);
  expect(await choose(2)).not.toEqual(chosen);
  expect(await chooseCalibrationImages(all, [], { count: 100, seed: 1 })).toEqual(all);
});

test('those that are no validation images, by their content', async () => {
  const train = await files({ 'e.jpg': 'E', 'f.jpg': 'F', 'g.jpg': 'G' });
  const val = await files({ 'h.jpg': 'F' });
  expect(await otherThan(train, val)).toEqual([train[0], train[2]]);
  expect(await otherThan(train, train)).toEqual([]);
});

test('a validation image is refused by its content, whatever its name', async () => {
  const train = await files({ 'a.jpg': 'A', 'b.jpg': 'B' });
  const val = await files({ 'c.jpg': 'C', 'd.jpg': 'B' });
  const chosen = chooseCalibrationImages(train, val, { count: 10, seed: 0 });
  await expect(chosen).rejects.toThrow(/b\.jpg is the same picture as .*d\.jpg/);
});

test('no image at all is refused', async () => {
  await expect(chooseCalibrationImages([], [], { count: 10, seed: 0 })).rejects.toThrow(/at least one image/);
});
