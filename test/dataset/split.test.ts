import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDataYaml } from '../../src/dataset/data-yaml.ts';
import { resolveSplit, type SplitEntries } from '../../src/dataset/split.ts';
import { folderWith, temporaryFolder } from './folders.ts';

const start = process.cwd();
// Away from the repository, whose own folders a relative path could hit.
beforeEach(async () => process.chdir(await temporaryFolder()));
afterEach(() => process.chdir(start));

async function resolve(yaml: string, text: string, split = 'val'): Promise<SplitEntries> {
  const root = await folderWith({ [yaml]: `names: [a]\n${text}` });
  return resolveIn(root, yaml, split);
}

async function resolveIn(root: string, yaml: string, split = 'val'): Promise<SplitEntries> {
  return resolveSplit(await readDataYaml(join(root, yaml)), split);
}

describe('resolveSplit', () => {
  it.each([
    ['no path', 'data.yaml', 'val: images/val', 'images/val'],
    ['a path of one dot', 'd/data.yaml', 'path: .\nval: images/val', 'd/images/val'],
    ['a relative path', 'data.yaml', 'path: set\nval: val', 'set/val'],
    ['a path further up', 'cfg/data.yaml', 'path: ../set\nval: val', 'set/val'],
    ['a path beside, in datasets', 'cfg/data.yaml', 'path: set\nval: val', 'datasets/set/val'],
    ['separators of Windows', 'data.yaml', 'path: .\\set\nval: images\\val', 'set/images/val'],
    ['a list in a file', 'data.yaml', 'val: val.txt', 'val.txt'],
    ['the prefix that Roboflow writes', 'data.yaml', 'val: ../valid/images', 'valid/images'],
    ['that prefix where it is right', 'cfg/data.yaml', 'val: ../valid/images', 'valid/images'],
  ])('reads %s from the folder of the data.yaml', async (_, yaml, text, place) => {
    const root = await folderWith({ [yaml]: `names: [a]\n${text}`, [`${place}/1.jpg`]: '' });
    expect(await resolveIn(root, yaml)).toEqual({ entries: [join(root, place)], warnings: [] });
  });

  it('reads each path of a list', async () => {
    const root = await folderWith({ 'd.yaml': 'nc: 1\nval: [a, ../b]', 'a/1.jpg': '', 'b/1.jpg': '' });
    expect((await resolveIn(root, 'd.yaml')).entries).toEqual([join(root, 'a'), join(root, 'b')]);
  });

  it('reads an absolute path, and an absolute split', async () => {
    const set = await folderWith({ 'val/1.jpg': '' });
    const byPath = await resolve('data.yaml', `path: ${set}\nval: val`);
    const bySplit = await resolve('data.yaml', `path: .\nval: ${join(set, 'val')}`);
    expect(byPath).toEqual({ entries: [join(set, 'val')], warnings: [] });
    expect(bySplit).toEqual(byPath);
  });

  it('falls back on the working directory, and on datasets in and beside it', async () => {
    const work = await folderWith({
      'w/here/val/1': '',
      'w/datasets/in/val/1': '',
      'datasets/beside/val/1': '',
    });
    process.chdir(join(work, 'w'));
    const found = await Promise.all(
      ['here', 'in', 'beside'].map((path) => resolve('data.yaml', `path: ${path}\nval: val`)),
    );
    expect(found).toEqual(
      ['w/here/val', 'w/datasets/in/val', 'datasets/beside/val'].map((place) => ({
        entries: [join(work, place)],
        warnings: [],
      })),
    );
  });

  it.each(['/content/gone', 'D:\\data\\gone', '/kaggle/input/gone', '../gone'])(
    'uses the folder of the data.yaml, with a warning, for the leftover path %s',
    async (path) => {
      const root = await folderWith({ 'data.yaml': `nc: 1\npath: ${path}\nval: val`, 'val/1.jpg': '' });
      const { entries, warnings } = await resolveIn(root, 'data.yaml');
      expect(entries).toEqual([join(root, 'val')]);
      expect(warnings).toEqual([
        `\`path: ${path}\` of data.yaml does not lead to the images here: ${root} was used.`,
      ]);
    },
  );

  it('passes over a folder that holds only a part of the split', async () => {
    const root = await folderWith({ 'cfg/d.yaml': 'nc: 1\npath: s\nval: [a, b]', 'cfg/s/a/1': '' });
    await mkdir(join(root, 'datasets', 's', 'a'), { recursive: true });
    await mkdir(join(root, 'datasets', 's', 'b'));
    const { entries } = await resolveIn(root, 'cfg/d.yaml');
    expect(entries).toEqual([join(root, 'datasets', 's', 'a'), join(root, 'datasets', 's', 'b')]);
  });

  it('resolves links first, and `..` behind them, as Path.resolve() does', async () => {
    const root = await folderWith({
      'real/set/val/1': '',
      'real/other/1': '',
      'd.yaml': 'nc: 1\npath: l\nval: [val, ../other]',
    });
    await symlink(join(root, 'real', 'set'), join(root, 'l'));
    const { entries } = await resolveIn(root, 'd.yaml');
    expect(entries).toEqual([join(root, 'real', 'set', 'val'), join(root, 'real', 'other')]);
  });

  it('lists everything it tried', async () => {
    const root = await folderWith({ 'data.yaml': 'nc: 1\npath: /gone\nval: [../a, b]' });
    await expect(resolveIn(root, 'data.yaml')).rejects.toMatchObject({ kind: 'dataset' });
    await expect(resolveIn(root, 'data.yaml')).rejects.toThrow(
      `\`val\` of ${join(root, 'data.yaml')} must name images that exist, but it is \`../a\`, \`b\` under ` +
        `\`path: /gone\`, found nowhere: tried /a, /gone/a, /gone/b, ${join(root, '..', 'a')}, ${join(root, 'a')}, ` +
        `${join(root, 'b')}. Write \`path\` relative`,
    );
  });

  it('says that it does not download', async () => {
    const text = 'path: gone\nval: val\ndownload: bash rm.sh';
    await expect(resolve('data.yaml', text)).rejects.toThrow(
      /`download:` is never run here: fetch the data set/,
    );
  });

  it.each([
    ['an absent split', 'train: a\nval: b', /must have `test` .*, but it has `train`, `val`\. Add `test:`/],
    ['no split at all', 'path: .', /but it has no split at all/],
    ['an empty list', 'test: []', /must be a path or a list of paths, but it is an empty list/],
    ['a number', 'test: 3', /but it is the number 3\. Write `test: images\/test`/],
    ['a list with a map', 'test: [a, {b: c}]', /but it is a map/],
  ])('refuses %s', async (_, text, message) => {
    await expect(resolve('data.yaml', text, 'test')).rejects.toThrow(message);
  });
});
