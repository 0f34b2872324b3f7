import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, normalize } from 'node:path';
import { UserError } from '../errors.ts';
import { isWithin, outside, type Roots } from '../roots.ts';
import type { DataYaml } from './data-yaml.ts';
import { isAbsoluteAnywhere, withSlashes } from './paths.ts';
import { kindOf } from './yaml-values.ts';

/** Where a split's images are: existing folders, list files or images, as absolute paths without symbolic links. */
export interface SplitEntries {
  readonly entries: readonly string[];
  readonly warnings: readonly string[];
}

/** A folder that `path` may mean; a guessed one is only taken with a warning. */
interface Root {
  readonly folder: string;
  readonly isGuess: boolean;
}

/**
 * Finds what `train`, `val` or `test` of a data.yaml names on this machine.
 *
 * The references read a relative `path` from the working directory or from their own installation (yolov5
 * general.py:377, ultralytics data/utils.py:786). A build has neither, so each folder it can mean is tried in turn, the
 * data.yaml's own first; the first that holds every entry of the split is it.
 *
 * @param roots Folders that the entries may lie in.
 * @throws UserError where the split is absent, or its entries are nowhere (lists what was tried) or outside of the roots.
 */
export async function resolveSplit(
  yaml: DataYaml,
  split: string,
  roots: Roots = null,
): Promise<SplitEntries> {
  const written = splitEntries(yaml, split);
  const tried = new Set<string>();
  for (const root of candidateRoots(yaml)) {
    const entries: string[] = [];
    for (const entry of written) {
      const found = await findEntry(root.folder, entry, tried);
      if (found !== undefined) entries.push(found);
    }
    if (entries.length < written.length) continue;
    const stray = entries.find((entry) => !isWithin(entry, roots));
    if (roots !== null && stray !== undefined)
      throw outside(`What \`${split}\` of ${yaml.file} names`, stray, stray, roots);
    const warning = `\`path: ${yaml.path}\` of ${basename(yaml.file)} does not lead to the images here: ${root.folder} was used.`;
    return { entries, warnings: root.isGuess ? [warning] : [] };
  }
  throw new UserError(
    'dataset',
    `\`${split}\` of ${yaml.file} must name images that exist, but it is \`${written.join('`, `')}\`` +
      `${yaml.path === undefined ? '' : ` under \`path: ${yaml.path}\``}, found nowhere: tried ${[...tried].join(', ')}.`,
    yaml.hasDownload
      ? 'Its `download:` is never run here: fetch the data set in a step before this one.'
      : 'Write `path` relative to the data.yaml (`path: .`) and check that the images are in the checkout.',
  );
}

function splitEntries(yaml: DataYaml, split: string): readonly string[] {
  const value = yaml.splits.get(split);
  if (value === undefined) {
    const others = [...yaml.splits.keys()].map((name) => `\`${name}\``).join(', ');
    throw new UserError(
      'dataset',
      `${yaml.file} must have \`${split}\` to validate on, but it has ${others || 'no split at all'}.`,
      `Add \`${split}:\` with the folder of its images, or choose a split that the file has.`,
    );
  }
  const entries: unknown[] = Array.isArray(value) ? value : [value];
  const wrong = entries.find((entry) => typeof entry !== 'string' || entry === '');
  if (entries.length > 0 && wrong === undefined) return entries.map((entry) => withSlashes(String(entry)));
  throw new UserError(
    'dataset',
    `\`${split}\` in ${yaml.file} must be a path or a list of paths, but it is ${
      entries.length > 0 ? kindOf(wrong) : 'an empty list'
    }.`,
    `Write \`${split}: images/${split}\` or \`${split}: [images/a, images/b]\`.`,
  );
}

function candidateRoots(yaml: DataYaml): readonly Root[] {
  const home = dirname(yaml.file);
  const cwd = process.cwd();
  const sure = (folder: string): Root => ({ folder, isGuess: false });
  if (yaml.path === undefined) return [sure(home), sure(cwd)];
  const path = withSlashes(yaml.path);
  const folders = isAbsoluteAnywhere(path)
    ? [path]
    : [
        `${home}/${path}`,
        `${cwd}/${path}`,
        `${home}/../datasets/${path}`,
        `${cwd}/../datasets/${path}`,
        `${cwd}/datasets/${path}`,
      ];
  return [...folders.map(sure), { folder: home, isGuess: true }];
}

/**
 * The entry below `root`, or without its leading `../`, which exports of Roboflow carry and both references trim
 * (yolov5 general.py:384, ultralytics data/utils.py:796).
 */
async function findEntry(root: string, entry: string, tried: Set<string>): Promise<string | undefined> {
  const forms = entry.startsWith('../') ? [entry, entry.slice(3)] : [entry];
  for (const form of forms) {
    // Not joined: `..` behind a symbolic link leaves the link's target, as in Python's Path.resolve().
    const path = isAbsoluteAnywhere(form) ? form : `${root}/${form}`;
    tried.add(isAbsolute(path) ? normalize(path) : path);
    const real = isAbsolute(path) ? await realpath(path).catch(() => undefined) : undefined;
    if (real !== undefined) return real;
  }
  return undefined;
}
