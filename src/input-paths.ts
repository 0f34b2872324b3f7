import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { UserError } from './errors.ts';
import { isInside, isWithin, type Roots, realPath } from './roots.ts';

/** What to tell the user about an input: what it must be, what it was, what to do. */
export function inputError(name: string, must: string, given: string, remedy: string): UserError {
  const was = given ? `it was ${JSON.stringify(given)}` : 'it was empty';
  return new UserError('input', `${name} must be ${must}, but ${was}.`, remedy);
}

/**
 * The one .onnx file that a path or glob means; adds to `errors` where there is none or several.
 */
export async function oneModel(pattern: string, errors: UserError[]): Promise<string> {
  const matches = (await isFile(pattern))
    ? [pattern]
    : isDynamicPattern(pattern)
      ? (
          await glob(pattern.replaceAll('\\', '/'), {
            absolute: isAbsolute(pattern),
            expandDirectories: false,
          })
        ).sort()
      : [];
  if (matches.length !== 1) {
    const remedy =
      matches.length === 0
        ? 'Check the path (it is relative to the working directory) and that the step before has written the file.'
        : `It matches ${matches.length}: ${matches.slice(0, 5).join(', ')}${matches.length > 5 ? ', …' : ''}. Name one of them.`;
    errors.push(inputError('model', 'the path of exactly one existing .onnx file', pattern, remedy));
    return '';
  }
  const [model] = matches as [string];
  if (!model.toLowerCase().endsWith('.onnx')) {
    const remedy = model.endsWith('.pt')
      ? 'Export the checkpoint first: `python export.py --weights best.pt --include onnx` or `yolo export format=onnx`.'
      : 'Name the exported ONNX model.';
    errors.push(inputError('model', 'an .onnx file', model, remedy));
    return '';
  }
  return model;
}

/** Adds to `errors` where a path leads to no file. */
export async function oneFile(name: string, kind: string, path: string, errors: UserError[]): Promise<void> {
  if (await isFile(path)) return;
  const remedy = 'Check the path (it is relative to the working directory) and that the file is checked out.';
  errors.push(inputError(name, `the path of an existing ${kind}`, path, remedy));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Inputs whose paths say where data may be read. */
interface NamedPlaces {
  readonly data: string;
  readonly calibration: string;
  readonly 'allow-read': readonly string[];
}

/**
 * Where files may be read that no input names: in the workspace, beside the data.yaml and the calibration images that inputs name
 * outside of it, and in the folders of `allow-read`.
 *
 * A path within the workspace adds nothing: it can be a link that came with a pull request.
 *
 * @param workspace `undefined` where everything may be read.
 */
export function rootsOf(
  workspace: string | undefined,
  { data, calibration, 'allow-read': allowed }: NamedPlaces,
): Roots {
  if (workspace === undefined) return null;
  const home = resolve(workspace);
  const named = [
    dirname(resolve(data)),
    isFolder(calibration) ? calibration : dirname(resolve(calibration)),
    ...allowed,
  ];
  const places = named.map((path) => resolve(path)).filter((path) => !isOfWorkspace(path, home));
  return [...new Set([home, ...places].map((path) => realPath(path) ?? path))];
}

/** Adds to `errors` where a path of the workspace is a link out of the roots; a path outside of it is meant as it is. */
export function refuseStray(
  name: string,
  path: string,
  workspace: string | undefined,
  roots: Roots,
  errors: UserError[],
): void {
  if (workspace === undefined || !isOfWorkspace(resolve(path), resolve(workspace))) return;
  const real = realPlace(resolve(path));
  if (isWithin(real, roots)) return;
  errors.push(
    inputError(
      name,
      'a path that stays in the workspace, or names a place outside of it as it is',
      path,
      `A symbolic link leads to ${real}: if that is meant, name this path, or add \`allow-read: ${dirname(real)}\` to the step.`,
    ),
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isOfWorkspace(path: string, workspace: string): boolean {
  return [workspace, realPath(workspace) ?? workspace].some((folder) => isInside(path, folder));
}

/** Where a path leads to, or the folder that it would be made in. */
function realPlace(path: string): string {
  return realPath(path) ?? (dirname(path) === path ? path : realPlace(dirname(path)));
}
