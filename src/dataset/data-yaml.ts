import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { CORE_SCHEMA, load, mergeTag, realMapTag, YAMLException } from 'js-yaml';
import { messageOf, UserError } from '../errors.ts';
import { readNames } from './class-names.ts';
import { isGiven, kindOf, type YamlMap } from './yaml-values.ts';

/** What a data.yaml says, checked; paths are still as written. */
export interface DataYaml {
  /** Absolute path of the file. */
  readonly file: string;
  /** The data set's root folder as written, if any. */
  readonly path: string | undefined;
  /** `train`, `val` and `test` as written. */
  readonly splits: ReadonlyMap<string, unknown>;
  readonly names: ReadonlyMap<number, string>;
  /** Columns of a pose label row by `kpt_shape`, of which a detector reads the first five. */
  readonly poseColumns: number | undefined;
  readonly hasDownload: boolean;
  readonly warnings: readonly string[];
}

const MAX_BYTES = 1 << 20;
const MAX_ALIASES = 100;
const SCHEMA = CORE_SCHEMA.withTags(mergeTag, realMapTag);

/**
 * Reads and checks a data.yaml: YAML 1.2 core schema with merge keys, as UTF-8 with or without a byte-order mark.
 *
 * @throws UserError where the file is missing, larger than 1 MB, not YAML, or without usable class names.
 */
export async function readDataYaml(path: string): Promise<DataYaml> {
  const file = resolve(path);
  return parseDataYaml(await readBounded(file), file);
}

/** The same for the bytes of a data.yaml. */
export function parseDataYaml(bytes: Uint8Array, file: string): DataYaml {
  const warnings: string[] = [];
  const content = parseYaml(decode(bytes, file, warnings), file);
  const splits = new Map<string, unknown>();
  for (const [key, split] of SPLIT_KEYS) {
    const value = content.get(key);
    if (isGiven(value)) splits.set(split, value);
  }
  return {
    file,
    path: readPath(content.get('path'), file),
    splits,
    names: readNames(content, file, warnings),
    poseColumns: readPoseColumns(content.get('kpt_shape')),
    hasDownload: isGiven(content.get('download')),
    warnings,
  };
}

/** `validation` is what Ultralytics also takes for `val`; a key further down wins. */
const SPLIT_KEYS = [
  ['train', 'train'],
  ['validation', 'val'],
  ['val', 'val'],
  ['test', 'test'],
] as const;

async function readBounded(file: string): Promise<Buffer> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats) {
    throw new UserError(
      'dataset',
      `The data set must be described by a data.yaml, but ${file} does not exist.`,
      'Give the path of the data.yaml in the repository; it is read relative to the working directory.',
    );
  }
  if (stats.isDirectory()) {
    const found = (await readdir(file)).filter((name) => /\.ya?ml$/i.test(name)).sort();
    throw new UserError(
      'dataset',
      `The data set must be described by a data.yaml, but ${file} is a folder.`,
      found.length > 0
        ? `Name the file; the folder holds ${found.join(', ')}.`
        : 'Name the file; the folder holds no .yaml file.',
    );
  }
  if (stats.size > MAX_BYTES) {
    throw new UserError(
      'dataset',
      `A data.yaml must not be larger than 1 MB, but ${file} has ${stats.size} bytes.`,
      'Check that it is the description of the data set, not the data itself.',
    );
  }
  return readFile(file);
}

function decode(bytes: Uint8Array, file: string, warnings: string[]): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('latin1');
  if (mark === '\xff\xfe' || mark === '\xfe\xff') {
    throw new UserError(
      'dataset',
      `A data.yaml must be UTF-8 text, but ${file} is UTF-16.`,
      'Save it as UTF-8 (PowerShell: `Set-Content -Encoding utf8`).',
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    warnings.push(`${basename(file)} is not UTF-8 text: bytes that are not were replaced by U+FFFD.`);
    return new TextDecoder('utf-8').decode(bytes);
  }
}

function parseYaml(text: string, file: string): YamlMap {
  let content: unknown;
  try {
    content = load(text, { schema: SCHEMA, maxAliases: MAX_ALIASES });
  } catch (thrown) {
    const place =
      thrown instanceof YAMLException && thrown.mark
        ? `line ${thrown.mark.line + 1}, column ${thrown.mark.column + 1}: ${thrown.reason}`
        : messageOf(thrown);
    throw new UserError(
      'dataset',
      `A data.yaml must be YAML, but ${file} is not (${place}).`,
      'Mend that line; YAML is indented with spaces, never tabs, and each key stands once.',
      { cause: thrown },
    );
  }
  if (content instanceof Map) return content;
  throw new UserError(
    'dataset',
    `A data.yaml must be a map with \`path\`, \`val\` and \`names\`, but ${file} holds ${kindOf(content)}.`,
    'Write it as Ultralytics documents: `path: .`, `val: images/val`, `names: {0: person}`.',
  );
}

function readPath(value: unknown, file: string): string | undefined {
  if (!isGiven(value)) return undefined;
  if (typeof value === 'string') return value;
  throw new UserError(
    'dataset',
    `\`path\` in ${file} must be a folder's path, but it is ${kindOf(value)}.`,
    'Write it as text, best relative to the data.yaml: `path: .`.',
  );
}

/** ultralytics data/utils.py:460: rows of exactly this length lose their key points in a box task. */
function readPoseColumns(value: unknown): number | undefined {
  if (!Array.isArray(value)) return undefined;
  const [points, dimensions] = value;
  const columns = 5 + Number(points) * Number(dimensions);
  return Number.isSafeInteger(columns) && columns > 5 ? columns : undefined;
}
