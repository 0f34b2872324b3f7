import { explained } from '../../src/files/file-error.ts';
import { sha256 } from '../../src/files/hashes.ts';
import type { Machine } from '../../src/files/lock.ts';
import type { FileOperations } from '../../src/files/operations.ts';
import { ModelVault, type VaultPaths } from '../../src/files/vault.ts';

export const ORIGINAL = Buffer.from('the weights of a week of training, all of them');
export const PRUNED = Buffer.from('the weights of a week of training, and zeros --');

/** The same original as a model and the data file beside it. */
export const [REFERRING, DATA] = [ORIGINAL.subarray(0, 35), ORIGINAL.subarray(35)];
export const dataPath = (model: string) => `${model}.data`;

export const COMPRESSED = Buffer.from('the same, but shorter');

let processes = 100;

/** A machine on which no other process is alive, and which has never run a process with this number before. */
export function newProcess(alive: readonly number[] = []): Machine {
  const pid = processes++;
  return {
    host: 'here',
    pid,
    isAlive: (other) => alive.includes(other),
    now: () => 1_000_000,
    pause: () => {},
  };
}

/** What a run is to do. */
export interface Story {
  readonly paths: VaultPaths;
  readonly accepted: boolean;
  /** Whether a compressed copy is written beside the pruned model. */
  readonly compressed?: boolean;
}

/** What a run does with its files. */
export function prune(files: FileOperations, { paths, accepted, compressed }: Story): void {
  const vault = new ModelVault(paths, files, newProcess());
  try {
    const { bytes, parts } = readModel(files, paths.model);
    if (!vault.replacesModel || !bytes.equals(PRUNED)) {
      vault.keepOriginal(bytes, sha256(bytes), parts);
      vault.offerCandidate(PRUNED);
      if (accepted) {
        vault.putInPlace();
        if (compressed) vault.writeBeside(`${paths.output}.zst`, COMPRESSED);
      }
    }
  } finally {
    vault.close();
  }
}

function readModel(files: FileOperations, path: string) {
  const own = readWhole(files, path);
  if (!own.equals(REFERRING)) return { bytes: own, parts: [] };
  const data = readWhole(files, dataPath(path));
  const parts = [
    { path, sha256: sha256(own) },
    { path: dataPath(path), sha256: sha256(data) },
  ];
  return { bytes: Buffer.concat([own, data]), parts };
}

function readWhole(files: FileOperations, path: string): Buffer {
  return explained('The model cannot be read', () => {
    const buffer = Buffer.alloc(1024);
    const file = files.openToRead(path);
    try {
      return buffer.subarray(0, files.read(file, buffer));
    } finally {
      files.close(file);
    }
  });
}

/**
 * The invariant: the original is whole under the model's path or a backup's, and the model's path holds the original or
 * what was accepted.
 *
 * @param found what is on the disk, by path.
 */
export function expectNothingLost(
  found: ReadonlyMap<string, Uint8Array>,
  paths: VaultPaths,
  accepted: boolean,
): void {
  const model = found.get(paths.model);
  const data = found.get(dataPath(paths.model));
  if (data !== undefined && !DATA.equals(data)) throw new Error('The data file was written to.');
  const isWhole = data !== undefined && model !== undefined && REFERRING.equals(model);
  const isOriginal = (bytes: Uint8Array | undefined) => bytes !== undefined && ORIGINAL.equals(bytes);
  const isPruned = model !== undefined && PRUNED.equals(model);
  const isRight = isWhole || isOriginal(model) || (accepted && paths.output === paths.model && isPruned);
  const isKept = isWhole || isOriginal(model) || [...found.values()].some(isOriginal);
  if (!isRight || !isKept) throw new Error(`Lost: ${JSON.stringify(told(found), null, 2)}`);
}

/** Files by path, their bytes as text. */
export function told(files: ReadonlyMap<string, Uint8Array>): Readonly<Record<string, string>> {
  return Object.fromEntries([...files].sort().map(([path, bytes]) => [path, Buffer.from(bytes).toString()]));
}
