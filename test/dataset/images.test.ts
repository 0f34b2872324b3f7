import { symlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findImages, listImages } from '../../src/dataset/images.ts';
import { labelPath } from '../../src/dataset/paths.ts';
import { walk } from '../../src/dataset/walk.ts';
import fixture from '../fixtures/dataset/listing.json' with { type: 'json' };
import { folderWith, writeTree } from './folders.ts';

const FAMILIES = ['yolov5', 'ultralytics'] as const;
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';

async function fixtureTree(): Promise<string> {
  const root = await folderWith(Object.fromEntries(fixture.files.map((file) => [file, ''])));
  await writeTree(root, fixture.lists);
  for (const [link, target] of Object.entries(fixture.links))
    await symlink(join(root, target), join(root, link));
  return root;
}

describe.each(FAMILIES)('images as %s lists them', (family) => {
  it.each(fixture.cases)('in $entries', async (listing) => {
    const root = await fixtureTree();
    const { paths } = await listImages(
      listing.entries.map((entry) => join(root, entry)),
      family,
    );
    const found = paths.map((path) => relative(root, path).replaceAll(sep, '/'));
    expect(family === 'yolov5' ? [...new Set(found)] : found).toEqual(listing[family]);
  });
});

describe('label paths', () => {
  it.each(fixture.cases)('of the images in $entries', ({ ultralytics, labels }) => {
    const native = (path: string): string => join(sep, path);
    expect(ultralytics.map((path) => labelPath(native(path)))).toEqual(labels.map(native));
  });
});

const anyFile = () => true;

describe('walk', () => {
  it('ends at links that lead back, and follows the others', async () => {
    const root = await folderWith({ 'a/1.jpg': '', 'b/2.jpg': '' });
    await symlink('..', join(root, 'a', 'up'));
    await symlink(join('..', 'b'), join(root, 'a', 'over'));
    await symlink(join('..', 'a'), join(root, 'b', 'back'));
    const warnings: string[] = [];
    const found = walk(join(root, 'a'), anyFile, warnings).map((path) =>
      relative(root, path).replaceAll(sep, '/'),
    );
    expect(found.sort()).toEqual(['a/1.jpg', 'a/over/2.jpg', 'a/up/b/2.jpg']);
    expect(warnings).toEqual([]);
  });

  it('names a link that leads nowhere', async () => {
    const root = await folderWith({ '1.jpg': '' });
    await symlink('gone.jpg', join(root, '2.jpg'));
    const warnings: string[] = [];
    expect(walk(root, anyFile, warnings)).toEqual([join(root, '1.jpg')]);
    expect(warnings).toEqual([expect.stringContaining(`${join(root, '2.jpg')} leads nowhere`)]);
  });

  it('gives up where there is more than anybody means', async () => {
    const root = await folderWith({ '1.jpg': '', '2.jpg': '', 'sub/3.jpg': '', 'sub/4.jpg': '' });
    expect(walk(root, anyFile, [], { maxEntries: 5 })).toHaveLength(4);
    expect(() => walk(root, anyFile, [], { maxEntries: 4 })).toThrow(
      /at most 4 files and folders.*Point `path`/s,
    );
  });
});

describe('listImages', () => {
  it('says which lines of a list name no image, by number: they may be of any file', async () => {
    const root = await folderWith({ 'l.txt': '\n# all\r\n\r\n./a.jpg\nsecret \nimages\n\n', 'a.jpg': '' });
    const { paths, warnings } = await listImages([join(root, 'l.txt')], 'yolov5');
    expect(paths).toEqual([join(root, 'a.jpg')]);
    expect(warnings).toEqual([
      `2 lines of ${join(root, 'l.txt')} name no image and were left out, first line 5.`,
    ]);
  });

  it('reads other relative lines from the folder of the list', async () => {
    const root = await folderWith({
      'lists/l.txt': '\ufeffimages\\a.jpg\r\n../b.jpg',
      'lists/images/a.jpg': '',
    });
    const { paths } = await listImages([join(root, 'lists', 'l.txt')], 'ultralytics');
    expect(paths).toEqual([join(root, 'b.jpg'), join(root, 'lists', 'images', 'a.jpg')]);
  });
});

describe('listImages of a list with bare lines', () => {
  const start = process.cwd();
  afterEach(() => process.chdir(start));

  it('prefers the working directory, as the references do', async () => {
    const root = await folderWith({ 'l/l.txt': 'a.jpg\n./b.jpg', 'l/a.jpg': '', 'a.jpg': '' });
    process.chdir(root);
    const { paths } = await listImages([join(root, 'l', 'l.txt')], 'yolov5');
    expect(paths).toEqual([join(root, 'a.jpg'), join(root, 'l', 'b.jpg')]);
  });
});

describe('findImages', () => {
  it('finds the images of folders, lists and files, relative to a base', async () => {
    const root = await folderWith({
      'd/b.png': 'x',
      'd/a.jpg': 'x',
      'l.txt': './e.jpg',
      'e.jpg': 'x',
      'f.jpg': 'x',
    });
    const found = await findImages(['d', 'l.txt', 'f.jpg'], root, 'yolov5');
    expect(found).toEqual(['d/a.jpg', 'd/b.png', 'e.jpg', 'f.jpg'].map((name) => join(root, name)));
  });

  it('refuses what is missing, empty, listed in vain, or a Git LFS pointer', async () => {
    const root = await folderWith({ 'e/.keep': '', 'l.txt': './no.jpg', 'lfs/a.jpg': LFS });
    await expect(findImages(['gone'], root, 'yolov5')).rejects.toThrow(/gone does not\. Give its path/);
    await expect(findImages(['e'], root, 'yolov5')).rejects.toThrow(/There must be images \(bmp/);
    await expect(findImages(['l.txt'], root, 'yolov5')).rejects.toThrow(/1 of 1 do not, first .*no\.jpg/);
    await expect(findImages(['lfs'], root, 'yolov5')).rejects.toThrow(
      /Git LFS pointers are in their place \(1, .*`lfs: true`/s,
    );
  });
});
