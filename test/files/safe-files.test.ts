import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  backUp,
  discard,
  putInPlace,
  sha256,
  sha256OfFile,
  writeCandidate,
} from '../../src/files/safe-files.ts';

const ORIGINAL = Buffer.from('the trained weights');
const HASH = sha256(ORIGINAL);
let folder: string;
let model: string;
let backup: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
  model = join(folder, 'best.onnx');
  backup = join(folder, 'best.unpruned.onnx');
  writeFileSync(model, ORIGINAL);
});

describe('backUp', () => {
  test('makes a copy with the same bytes, mode and time', async () => {
    chmodSync(model, 0o640);
    utimesSync(model, 1_000_000, 2_000_000);
    expect(await backUp(model, backup, HASH)).toEqual({ path: backup, created: true });
    expect(readFileSync(backup)).toEqual(ORIGINAL);
    expect(statSync(backup).mode & 0o777).toBe(0o640);
    expect(statSync(backup).mtimeMs).toBe(2_000_000_000);
    expect(await sha256OfFile(backup)).toBe(HASH);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  test('uses a backup with the same bytes again', async () => {
    writeFileSync(backup, ORIGINAL);
    expect(await backUp(model, backup, HASH)).toEqual({ path: backup, created: false });
  });

  test('never overwrites another file: the next free number is taken', async () => {
    writeFileSync(backup, 'an older model');
    writeFileSync(join(folder, 'best.unpruned.1.onnx'), 'another');
    const second = join(folder, 'best.unpruned.2.onnx');
    expect(await backUp(model, backup, HASH)).toEqual({ path: second, created: true });
    expect(readFileSync(backup, 'utf8')).toBe('an older model');
    expect(readFileSync(second)).toEqual(ORIGINAL);
  });

  test('a model that changed since it was read is refused, and no half backup stays', async () => {
    await expect(backUp(model, backup, sha256(Buffer.from('other')))).rejects.toThrow(
      /changed while it was being read/,
    );
    expect(readdirSync(folder)).toEqual(['best.onnx']);
  });

  test('a folder that is not there is told', async () => {
    await expect(backUp(model, join(folder, 'no', 'x.onnx'), HASH)).rejects.toThrow(
      /cannot be written.*`backup`/s,
    );
  });
});

describe('a candidate', () => {
  const PRUNED = Buffer.from('zeros');

  test('lies beside its destination until it is put in place', async () => {
    const candidate = await writeCandidate(model, PRUNED);
    expect(readFileSync(model)).toEqual(ORIGINAL);
    expect(readFileSync(candidate)).toEqual(PRUNED);
    await putInPlace(candidate, model);
    expect(readFileSync(model)).toEqual(PRUNED);
    expect(readdirSync(folder)).toEqual(['best.onnx']);
  });

  test('has the mode of what it replaces', async () => {
    chmodSync(model, 0o600);
    expect(statSync(await writeCandidate(model, PRUNED)).mode & 0o777).toBe(0o600);
  });

  test('can be thrown away', async () => {
    await discard(await writeCandidate(model, PRUNED));
    expect(readdirSync(folder)).toEqual(['best.onnx']);
  });

  test('replaces the target of a symbolic link, not the link', async () => {
    const link = join(folder, 'link.onnx');
    symlinkSync(model, link);
    await putInPlace(await writeCandidate(link, PRUNED), link);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(model)).toEqual(PRUNED);
  });
});
