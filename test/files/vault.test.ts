import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { sha256, sha256OfFile } from '../../src/files/hashes.ts';
import type { Journal } from '../../src/files/journal.ts';
import type { Machine } from '../../src/files/lock.ts';
import { type FileOperations, realFiles } from '../../src/files/operations.ts';
import { ModelVault, type VaultPaths } from '../../src/files/vault.ts';

const ORIGINAL = Buffer.from('the trained weights');
const PRUNED = Buffer.from('the weights and zeros');
const HASH = sha256(ORIGINAL);
const NOW = Date.UTC(2026, 10, 1);
let folder: string;
let model: string;
let backup: string;
let paths: VaultPaths;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'vault-')));
  model = join(folder, 'best.onnx');
  backup = join(folder, 'best.unpruned.onnx');
  paths = { model, output: model, backup };
  writeFileSync(model, ORIGINAL);
});

function machine(changes: Partial<Machine> = {}): Machine {
  return { host: 'here', pid: 7, isAlive: () => false, now: () => NOW, pause: () => {}, ...changes };
}

function open(changes: Partial<VaultPaths> = {}, files: FileOperations = realFiles): ModelVault {
  return new ModelVault({ ...paths, ...changes }, files, machine());
}

function pruneAll(vault: ModelVault): void {
  vault.keepOriginal(ORIGINAL, HASH);
  vault.offerCandidate(PRUNED);
  vault.putInPlace();
  vault.close();
}

describe('a file beside the model', () => {
  const COMPRESSED = Buffer.from('shorter');
  const names = () => readdirSync(folder).sort();

  test('is written once, and never over another', () => {
    const wanted = `${model}.zst`;
    const write = () => {
      const vault = open();
      const path = vault.writeBeside(wanted, COMPRESSED);
      vault.close();
      return path;
    };
    expect([write(), write()]).toEqual([wanted, wanted]);
    expect(names()).toEqual(['best.onnx', 'best.onnx.zst']);
    writeFileSync(wanted, "somebody's own");
    expect(write()).toBe(join(folder, 'best.onnx.1.zst'));
    expect(readFileSync(wanted, 'utf8')).toBe("somebody's own");
    expect(readFileSync(join(folder, 'best.onnx.1.zst'))).toEqual(COMPRESSED);
    expect(names()).toEqual(['best.onnx', 'best.onnx.1.zst', 'best.onnx.zst']);
  });
});

describe('the backup', () => {
  test('has the same bytes, mode and time', async () => {
    chmodSync(model, 0o640);
    utimesSync(model, 1_000_000, 2_000_000.5);
    const vault = open();
    expect(vault.keepOriginal(ORIGINAL, HASH)).toEqual({ path: backup, created: true });
    vault.close();
    const { mode, mtimeMs } = statSync(backup);
    expect(await sha256OfFile(backup)).toBe(HASH);
    expect([mode & 0o777, mtimeMs]).toEqual([0o640, 2_000_000_500]);
    expect(readdirSync(folder)).toEqual(['best.onnx', 'best.unpruned.onnx']);
  });

  test('has the same owner where that is allowed, and is made where it is not', () => {
    const asked: number[][] = [];
    const files: FileOperations = {
      ...realFiles,
      chown: (_, uid, gid) => {
        asked.push([uid, gid]);
        throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
      },
    };
    pruneAll(open({}, files));
    const { uid, gid } = statSync(backup);
    expect(asked).toEqual([
      [uid, gid],
      [uid, gid],
    ]);
  });

  test('is one with the same bytes that is there', () => {
    writeFileSync(backup, ORIGINAL);
    expect(open().keepOriginal(ORIGINAL, HASH)).toEqual({ path: backup, created: false });
  });

  test('never overwrites another file: the next free number is taken', () => {
    writeFileSync(backup, 'an older model');
    writeFileSync(join(folder, 'best.unpruned.1.onnx'), 'another');
    const second = join(folder, 'best.unpruned.2.onnx');
    expect(open().keepOriginal(ORIGINAL, HASH)).toEqual({ path: second, created: true });
    expect(readFileSync(backup, 'utf8')).toBe('an older model');
    expect(readFileSync(second)).toEqual(ORIGINAL);
  });

  test('is not written of a model that changed since it was read', () => {
    const vault = open();
    expect(() => vault.keepOriginal(PRUNED, sha256(PRUNED))).toThrow(/model .*must not change/);
    vault.close();
    expect(readdirSync(folder)).toEqual(['best.onnx']);
  });

  test('cannot go to a folder that is not there', () => {
    const vault = open({ backup: join(folder, 'no', 'x.onnx') });
    expect(() => vault.keepOriginal(ORIGINAL, HASH)).toThrow(/cannot be written.*`backup`/s);
  });

  test.for(['symbolic link', 'hard link'])('is never the model itself by a %s', (kind) => {
    if (kind === 'hard link') linkSync(model, backup);
    else symlinkSync(model, backup);
    const vault = open();
    expect(() => vault.keepOriginal(ORIGINAL, HASH)).toThrow(/a file of its own/);
  });

  test('is never the model itself in another spelling, where capitals do not count', () => {
    const sameName = (path: string) => path.replace('BEST', 'best');
    const files: FileOperations = {
      ...realFiles,
      stat: (path) => realFiles.stat(sameName(path)),
      lstat: (path) => realFiles.lstat(sameName(path)),
    };
    const vault = new ModelVault({ ...paths, backup: join(folder, 'BEST.onnx') }, files, machine());
    expect(() => vault.keepOriginal(ORIGINAL, HASH)).toThrow(/another spelling/);
  });
});

describe('the pruned model', () => {
  test('lies beside its destination until it is put in place', () => {
    const vault = open();
    vault.keepOriginal(ORIGINAL, HASH);
    const candidate = vault.offerCandidate(PRUNED);
    expect(readFileSync(model)).toEqual(ORIGINAL);
    expect(readFileSync(candidate)).toEqual(PRUNED);
    vault.putInPlace();
    expect(vault.describe()).toBe(
      `${model} is the pruned model, which was validated. The original is kept as ${backup}.`,
    );
    vault.close();
    expect(readFileSync(model)).toEqual(PRUNED);
    expect(readdirSync(folder)).toEqual(['best.onnx', 'best.unpruned.onnx']);
  });

  test('has the mode of what it replaces', () => {
    chmodSync(model, 0o604);
    pruneAll(open());
    expect(statSync(model).mode & 0o777).toBe(0o604);
  });

  test('is gone when the vault is closed before, at any time and twice', () => {
    const vault = open();
    vault.offerCandidate(PRUNED);
    vault.close();
    vault.close();
    expect(vault.describe()).toBe(`${model} is as it was.`);
    expect(readdirSync(folder)).toEqual(['best.onnx']);
  });

  test('replaces the target of a symbolic link, beside which everything happens', () => {
    const elsewhere = join(folder, 'links');
    mkdirSync(elsewhere);
    const link = join(elsewhere, 'link.onnx');
    symlinkSync(model, link);
    const vault = open({ model: link, output: link });
    expect(vault.replacesModel).toBe(true);
    vault.keepOriginal(ORIGINAL, HASH);
    expect(vault.offerCandidate(PRUNED).startsWith(join(folder, '.best.onnx.prune'))).toBe(true);
    vault.putInPlace();
    vault.close();
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(model)).toEqual(PRUNED);
  });

  test('parts from other names of the model, which keep the original, and says so', () => {
    linkSync(model, join(folder, 'cache'));
    const vault = open();
    expect(vault.notes).toEqual([
      expect.stringMatching(/2 names \(hard links\).*the others keep the original/),
    ]);
    pruneAll(vault);
    expect(readFileSync(join(folder, 'cache'))).toEqual(ORIGINAL);
  });

  test('goes to a place of its own, and the model stays', () => {
    const output = join(folder, 'pruned.onnx');
    const vault = open({ output });
    expect(vault.replacesModel).toBe(false);
    pruneAll(vault);
    expect([readFileSync(model), readFileSync(output)]).toEqual([ORIGINAL, PRUNED]);
  });

  test('does not go where a link leads nowhere, or to something that is no file', () => {
    const link = join(folder, 'link.onnx');
    symlinkSync(join(folder, 'nothing'), link);
    expect(() => open({ output: link })).toThrow(/leads nowhere/);
    expect(() => open({ output: folder })).toThrow(/something else/);
    expect(() => open({ output: '/dev/null' })).toThrow(/something else/);
  });

  test('is not put in place before original and candidate are on the disk', () => {
    expect(() => open().putInPlace()).toThrow(/only after/);
  });

  test.for([
    ['the model', () => model],
    ['the backup', () => backup],
    ['the pruned copy', () => join(folder, '.best.onnx.prune', 'candidate.onnx')],
  ] as const)('does not replace anything when %s changed meanwhile', ([, path]) => {
    const vault = open();
    vault.keepOriginal(ORIGINAL, HASH);
    vault.offerCandidate(PRUNED);
    writeFileSync(path(), 'something else');
    const before = readFileSync(model);
    expect(() => vault.putInPlace()).toThrow(/must not change.*nothing was replaced/s);
    expect(readFileSync(model)).toEqual(before);
  });

  test.for([
    ['EROFS', /read-only.*`output`/s],
    ['ENOSPC', /Free some space/],
    ['EACCES', /may be written to/],
  ] as const)('a folder that refuses it with %s is told at once', ([code, message]) => {
    const mkdir = () => {
      throw Object.assign(new Error(`${code}: no`), { code });
    };
    expect(() => open({}, { ...realFiles, mkdir })).toThrow(message);
  });
});

describe('a model that keeps its weights in another file', () => {
  const data = () => join(folder, 'best.onnx.data');
  const parts = () => [
    { path: model, sha256: sha256(Buffer.from('see best.onnx.data')) },
    { path: data(), sha256: sha256(Buffer.from('weights')) },
  ];
  beforeEach(() => {
    writeFileSync(model, 'see best.onnx.data');
    writeFileSync(data(), 'weights');
  });

  test('has a backup in one file, and the other file stays as it is', () => {
    const vault = open();
    expect(vault.keepOriginal(ORIGINAL, HASH, parts())).toEqual({ path: backup, created: true });
    vault.offerCandidate(PRUNED);
    vault.putInPlace();
    vault.close();
    expect([readFileSync(model), readFileSync(backup)]).toEqual([PRUNED, ORIGINAL]);
    expect(readFileSync(data(), 'utf8')).toBe('weights');
  });

  test('is written once more where it comes back, and once it was restored from the backup', () => {
    for (const content of [Buffer.from('see best.onnx.data'), ORIGINAL]) {
      writeFileSync(model, content);
      const vault = open();
      vault.keepOriginal(ORIGINAL, HASH, content === ORIGINAL ? [] : parts());
      vault.offerCandidate(PRUNED);
      vault.putInPlace();
      vault.close();
      expect(readFileSync(model)).toEqual(PRUNED);
    }
    expect(readdirSync(folder)).toEqual(['best.onnx', 'best.onnx.data', 'best.unpruned.onnx']);
  });

  test.for([
    ['model', () => model],
    ['data', data],
  ] as const)('is neither backed up nor replaced when its %s changed meanwhile', ([, path]) => {
    const vault = open();
    vault.keepOriginal(ORIGINAL, HASH, parts());
    vault.offerCandidate(PRUNED);
    const before = readFileSync(path());
    writeFileSync(path(), 'changed');
    expect(() => vault.putInPlace()).toThrow(`The model ${path()} must not change`);
    expect(() => vault.keepOriginal(ORIGINAL, HASH, parts())).toThrow(`The model ${path()} must not change`);
    writeFileSync(path(), before);
    vault.putInPlace();
    vault.close();
    expect(readFileSync(model)).toEqual(PRUNED);
  });

  test('is never replaced by halves: the pruned model does not go where its data lies', () => {
    const link = join(folder, 'link.onnx');
    symlinkSync(data(), link);
    for (const output of [data(), link]) {
      const vault = open({ output });
      expect(() => vault.keepOriginal(ORIGINAL, HASH, parts())).toThrow(/must not replace .*data.*`output`/);
      vault.close();
    }
    expect(readdirSync(folder)).toEqual(['best.onnx', 'best.onnx.data', 'link.onnx']);
  });
});

describe('the lock', () => {
  test('keeps a second run out while the first is alive, and says who and for how long', () => {
    const first = open();
    const second = () =>
      new ModelVault(paths, realFiles, machine({ pid: 8, isAlive: () => true, now: () => NOW + 300_000 }));
    expect(second).toThrow(/process 7 on here has been at it for 5 minutes.*remove .*\.best\.onnx\.prune/s);
    first.close();
    expect(() => second().close()).not.toThrow();
  });

  test('keeps a second run out that comes by another link', () => {
    const link = join(folder, 'link.onnx');
    symlinkSync(model, link);
    open();
    const alive = machine({ pid: 8, isAlive: () => true });
    expect(() => new ModelVault({ ...paths, output: link }, realFiles, alive)).toThrow(/two runs at once/);
  });

  test.for<[string, Partial<Machine>, boolean]>([
    ['a dead process here', { pid: 8 }, true],
    ['a living process here', { pid: 8, isAlive: () => true }, false],
    ['the same number in a new container', { isAlive: () => true }, true],
    ['a process on another machine', { host: 'there' }, false],
    [
      'a process on another machine, seven hours ago',
      { host: 'there', now: () => NOW + 7 * 3_600_000 },
      true,
    ],
    [
      'a number that was given to another process since',
      { pid: 8, isAlive: () => true, now: () => NOW + 7 * 3_600_000 },
      true,
    ],
  ])('of %s', ([, changes, isTaken]) => {
    open();
    const next = () => new ModelVault(paths, realFiles, machine(changes));
    if (isTaken)
      expect(next().notes).toEqual([expect.stringMatching(/An earlier run \(process 7 on here\) died/)]);
    else expect(next).toThrow(/two runs at once/);
  });

  test('that was taken over keeps the slow run from replacing anything, and its journal is left alone', () => {
    const slow = open();
    slow.keepOriginal(ORIGINAL, HASH);
    slow.offerCandidate(PRUNED);
    const next = new ModelVault(paths, realFiles, machine({ pid: 8 }));
    next.offerCandidate(PRUNED);
    expect(() => slow.putInPlace()).toThrow(/another run has taken over/);
    slow.close();
    expect(readFileSync(model)).toEqual(ORIGINAL);
    next.keepOriginal(ORIGINAL, HASH);
    next.putInPlace();
    expect(readFileSync(model)).toEqual(PRUNED);
  });

  test('without a journal is waited for, then taken over', () => {
    mkdirSync(join(folder, '.best.onnx.prune'));
    let pauses = 0;
    const vault = new ModelVault(paths, realFiles, machine({ pause: () => void pauses++ }));
    expect(pauses).toBe(10);
    vault.close();
    expect(readdirSync(folder)).toEqual(['best.onnx']);
  });

  test('that is something else than a folder is told', () => {
    symlinkSync(tmpdir(), join(folder, '.best.onnx.prune'));
    expect(() => open()).toThrow(/must be a folder that a run makes for itself/);
  });
});

describe('a journal that came with the checkout', () => {
  const precious = (): string => join(folder, 'precious.txt');
  const forged = (changes: Partial<Record<keyof Journal, unknown>>): string => {
    writeFileSync(precious(), 'mine');
    mkdirSync(join(folder, '.best.onnx.prune'));
    const owner = { host: 'here', pid: 1, token: 'x' };
    const journal = {
      version: 1,
      owner,
      since: NOW,
      stage: 'started',
      original: null,
      candidate: null,
      backup: null,
    };
    return JSON.stringify({ ...journal, partial: null, ...changes });
  };

  test.for([
    ['names a file of the user to be removed', () => forged({ partial: precious() })],
    ['is not JSON', () => `${forged({})}}`],
    [
      'has a process number that means all of them',
      () => forged({ owner: { host: 'here', pid: -1, token: '' } }),
    ],
    ['is cut short', () => forged({}).slice(0, 90)],
    ['has another version', () => forged({ version: 2, partial: precious() })],
  ] as const)('and %s does no harm', ([, text]) => {
    writeFileSync(join(folder, '.best.onnx.prune', 'journal.json'), text());
    pruneAll(open());
    expect(readFileSync(precious(), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, '.best.onnx.prune'))).toBe(false);
  });

  test('and is a link is not followed', () => {
    const text = forged({});
    writeFileSync(precious(), text);
    symlinkSync(precious(), join(folder, '.best.onnx.prune', 'journal.json'));
    symlinkSync(precious(), join(folder, '.best.onnx.prune', 'candidate.onnx'));
    pruneAll(open());
    expect(readFileSync(precious(), 'utf8')).toBe(text);
  });
});

describe('after a run that died', () => {
  test('with its model in place, the next one says where the original is', () => {
    const dead = open();
    dead.keepOriginal(ORIGINAL, HASH);
    dead.offerCandidate(PRUNED);
    dead.putInPlace();
    expect(open().notes).toEqual([
      expect.stringMatching(/is its pruned model, which was validated; the original is .*unpruned/),
    ]);
  });

  test('before that, the next one says that nothing changed, and removes what it left', () => {
    const dead = open();
    dead.keepOriginal(ORIGINAL, HASH);
    dead.offerCandidate(PRUNED);
    const next = open();
    expect(next.notes).toEqual([
      expect.stringMatching(/died while it was validating: .*removed, and .* is as it was/),
    ]);
    next.close();
    expect(readdirSync(folder)).toEqual(['best.onnx', 'best.unpruned.onnx']);
  });

  test('a half-written backup is removed', () => {
    const files: FileOperations = {
      ...realFiles,
      link: () => {
        throw new Error('the end');
      },
    };
    expect(() => open({}, files).keepOriginal(ORIGINAL, HASH)).toThrow('the end');
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toHaveLength(1);
    open().close();
    expect(readdirSync(folder)).toEqual(['best.onnx']);
  });
});

test('files of other file systems than the model are reached by copies, never by renames', () => {
  const renamed: [string, string][] = [];
  const files: FileOperations = {
    ...realFiles,
    rename: (from, to) => {
      renamed.push([from, to]);
      renameSync(from, to);
    },
  };
  const elsewhere = mkdtempSync(join(tmpdir(), 'vault-other-'));
  pruneAll(open({ backup: join(elsewhere, 'kept.onnx') }, files));
  expect(readFileSync(join(elsewhere, 'kept.onnx'))).toEqual(ORIGINAL);
  expect(renamed.every(([from, to]) => from.startsWith(folder) && to.startsWith(folder))).toBe(true);
});
