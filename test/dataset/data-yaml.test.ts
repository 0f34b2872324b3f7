import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DataYaml, readDataYaml } from '../../src/dataset/data-yaml.ts';
import { folderWith } from './folders.ts';

async function read(content: string | Uint8Array): Promise<DataYaml> {
  return readDataYaml(join(await folderWith({ 'data.yaml': content }), 'data.yaml'));
}

const names = (yaml: DataYaml): object => Object.fromEntries(yaml.names);

describe('readDataYaml', () => {
  it.each([
    ['a list', 'names: [cat, dog]', { 0: 'cat', 1: 'dog' }],
    ['a map', 'names:\n  1: dog\n  0: cat', { 0: 'cat', 1: 'dog' }],
    ['a map with texts for keys', "names: {'0': cat, '1': dog}", { 0: 'cat', 1: 'dog' }],
    ['a block list not indented', 'names:\n- cat\n- dog', { 0: 'cat', 1: 'dog' }],
    ['values that are no texts', 'names: [no, 1, null, true]', { 0: 'no', 1: '1', 2: 'null', 3: 'true' }],
    ['nc alone', 'nc: 2', { 0: 'class_0', 1: 'class_1' }],
    ['nc as a text beside names', "nc: '2'\nnames: [cat, dog]", { 0: 'cat', 1: 'dog' }],
    ['a byte-order mark and CRLF', '\ufeffnames:\r\n  0: cat\r\n  1: dög\r\n', { 0: 'cat', 1: 'dög' }],
    ['an anchor and a merge key', 'a: &a {names: [cat]}\n<<: *a', { 0: 'cat' }],
  ])('reads names from %s', async (_, content, expected) => {
    const yaml = await read(content);
    expect(names(yaml)).toEqual(expected);
    expect(yaml.warnings).toEqual([]);
  });

  it('keeps gaps in the class numbers, with a warning', async () => {
    const yaml = await read('nc: 2\nnames: {0: cat, 5: dog}');
    expect(names(yaml)).toEqual({ 0: 'cat', 5: 'dog' });
    expect(yaml.warnings).toEqual(['`names` in data.yaml has gaps: 2 names for classes 0 to 5.']);
  });

  it('reads what is not UTF-8, with a warning', async () => {
    const yaml = await read(Buffer.from('names: [caf\xe9]', 'latin1'));
    expect(names(yaml)).toEqual({ 0: 'caf\ufffd' });
    expect(yaml.warnings).toEqual([expect.stringContaining('is not UTF-8')]);
  });

  it('reads paths as written', async () => {
    const yaml = await read(
      'path: D:\\data\nvalidation: v\ntrain: [a, b]\ntest: None\nnc: 1\ndownload: x.sh\nkpt_shape: [17, 3]',
    );
    expect(yaml).toMatchObject({ path: 'D:\\data', hasDownload: true, poseColumns: 56 });
    expect(yaml.splits).toEqual(
      new Map<string, unknown>([
        ['train', ['a', 'b']],
        ['val', 'v'],
      ]),
    );
  });

  it.each([
    ['an empty file', '', /must be YAML/],
    ['a comment alone', '# nothing', /must be YAML/],
    ['a list', '- a', /must be a map .* holds a list/],
    ['a text', 'images', /must be a map .* holds the string "images"/],
    ['a tab', 'names:\n\t- cat', /is not \(line 2, column 1: .*spaces, never tabs/],
    ['an open bracket', 'names: [cat', /is not \(line \d/],
    ['a key twice', 'names: [cat]\nnames: [dog]', /line 2, column 1: dup.*each key stands once/],
    ['two documents', 'nc: 1\n---\nnc: 2', /must be YAML/],
    ['UTF-16', Buffer.from('\ufeffnc: 1', 'utf16le'), /is UTF-16\. Save it as UTF-8/],
    ['more than a megabyte', `nc: 1\n#${' '.repeat(1 << 20)}`, /larger than 1 MB, but .* has 1048583 bytes/],
    ['aliases without end', `a: &a 1\nb: [${'*a,'.repeat(101)}]`, /must be YAML.*alias/],
    ['neither names nor nc', 'val: images', /neither `names` nor `nc`/],
    ['names and another nc', 'nc: 3\nnames: [a, b]', /`nc` is 3 and `names` lists 2\. Remove `nc`/],
    ['names and a smaller nc', 'nc: 1\nnames: [a, b]', /`nc` is 1 and `names` lists 2/],
    ['no names', 'names: []', /`names` lists 0/],
    ['names as a text', 'names: cat', /must be a list or a map, but it is the string "cat"/],
    ['a name that is a list', 'names: [[cat]]', /that of class 0 is a list/],
    ['a name for a class number', 'names: {cat: 0}', /must be class numbers.*"cat"/],
    ['a class number twice', "names: {1: a, '1': b}", /each once, but one is "1"/],
    ['a negative class number', 'names: {-1: a}', /one is -1/],
    ['a class number beyond reason', 'names: {100000: a}', /one is 100000/],
    ['more classes than reason', 'nc: 1000000000', /must be the number of classes, but it is 1000000000/],
    ['a list for a number', 'nc: [5]', /must be the number of classes, but it is \[5\]/],
    ['a share of a class', 'nc: 1.5', /`nc` in .* must be the number of classes, but it is 1.5/],
    ['a path that is a list', 'path: [a]\nnc: 1', /`path` in .* must be a folder's path, but it is a list/],
  ])('refuses %s', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
    await expect(read(content)).rejects.toMatchObject({ name: 'UserError', kind: 'dataset' });
  });

  it('refuses a file that is missing, and a folder', async () => {
    const root = await folderWith({ 'b.yaml': '', 'a.yml': '', 'c.txt': '', 'd/e': '' });
    await expect(readDataYaml(join(root, 'no.yaml'))).rejects.toThrow(/no\.yaml does not exist/);
    await expect(readDataYaml(root)).rejects.toThrow(
      /is a folder\. Name the file; the folder holds a\.yml, b\.yaml/,
    );
    await expect(readDataYaml(join(root, 'd'))).rejects.toThrow(/holds no \.yaml file/);
  });
});
