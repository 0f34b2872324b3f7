import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import type sharp from 'sharp';
import { messageOf, UserError } from '../errors.ts';

/** ONNX Runtime as machine code, and as WebAssembly; both have the interface of `onnxruntime-common`. */
export type OrtPackage = 'onnxruntime-node' | 'onnxruntime-web';

/** ONNX Runtime and sharp, loaded. */
export interface NativeParts {
  readonly ort: typeof Ort;
  readonly sharp: typeof sharp;
}

/**
 * Where the native packages are: a file from whose folder upwards `node_modules` is looked for. Of an installation it is the
 * manifest, which says whether it has machine code or WebAssembly.
 */
export type NativeBase = string;

/**
 * Loads ONNX Runtime and sharp. Works in every thread.
 *
 * @throws {UserError} when a package is missing or its native part does not start on this machine.
 */
export function loadNativeParts(base: NativeBase): NativeParts {
  const ort = load<typeof Ort>(base, ortPackage(base));
  // The WebAssembly build would start up to four threads a session unless it is told otherwise.
  ort.env.wasm.numThreads = 1;
  return { ort, sharp: load(base, 'sharp') };
}

/** Which ONNX Runtime is at a base; nothing is loaded. */
export function ortPackage(base: NativeBase): OrtPackage {
  try {
    const { dependencies = {} } = createRequire(base)('./package.json');
    return 'onnxruntime-web' in dependencies ? 'onnxruntime-web' : 'onnxruntime-node';
  } catch {
    return 'onnxruntime-node';
  }
}

/**
 * Which ONNX Runtime runs the models, such as `onnxruntime-node 1.30.0`.
 *
 * @throws {UserError} when the package is missing.
 */
export function runtimeName(base: NativeBase): string {
  const name = ortPackage(base);
  const version = installedVersion(base, name);
  if (version === null) throw missing(name, 'it is not installed');
  return `${name} ${version}`;
}

/** The version of a package, `null` where there is none; nothing is loaded. */
export function installedVersion(base: NativeBase, name: string): string | null {
  const folder = packageFolder(base, name);
  if (folder === null) return null;
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}

/** The folder of a package, `null` where there is none; nothing is loaded. */
export function packageFolder(base: NativeBase, name: string): string | null {
  // Not by `require(name/package.json)`, which sharp does not export.
  const places = (createRequire(base).resolve.paths(name) ?? []).map((folder) => join(folder, name));
  return places.find((place) => existsSync(join(place, 'package.json'))) ?? null;
}

function load<T>(base: NativeBase, name: string): T {
  try {
    return createRequire(base)(name) as T;
  } catch (error) {
    throw missing(name, messageOf(error), error);
  }
}

function missing(name: string, reason: string, cause?: unknown): UserError {
  return new UserError(
    'runtime',
    `The package ${name} must be there for this platform (${process.platform}-${process.arch}), but it does not load: ${reason}.`,
    'Run `npm ci` in the folder of the action, or use a platform that it supports.',
    { cause },
  );
}
