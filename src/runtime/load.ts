import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import type sharp from 'sharp';
import { messageOf, UserError } from '../errors.ts';
import type { NativePackage } from './lock.ts';

/** The native packages, loaded. */
export interface NativeParts {
  readonly ort: typeof Ort;
  readonly sharp: typeof sharp;
}

/** Where the native packages are: a file from whose folder upwards `node_modules` is looked for. */
export type NativeBase = string;

/**
 * Loads ONNX Runtime and sharp. Works in every thread.
 *
 * @throws {UserError} when a package is missing or its native part does not start on this machine.
 */
export function loadNativeParts(base: NativeBase): NativeParts {
  return { ort: load(base, 'onnxruntime-node'), sharp: load(base, 'sharp') };
}

/**
 * The version of a native package, such as `1.30.0`.
 *
 * @throws {UserError} when the package is missing.
 */
export function nativeVersion(base: NativeBase, name: NativePackage): string {
  const version = installedVersion(base, name);
  if (version === null) throw missing(name, 'it is not installed');
  return version;
}

/** The version of a native package, `null` where there is none; nothing is loaded. */
export function installedVersion(base: NativeBase, name: NativePackage): string | null {
  // Not by `require(name/package.json)`, which sharp does not export.
  for (const folder of createRequire(base).resolve.paths(name) ?? []) {
    try {
      const manifest = readFileSync(join(folder, name, 'package.json'), 'utf8');
      return (JSON.parse(manifest) as { version: string }).version;
    } catch {
      // Not in this folder: Node looks further up too.
    }
  }
  return null;
}

function load<T>(base: NativeBase, name: NativePackage): T {
  try {
    return createRequire(base)(name) as T;
  } catch (error) {
    throw missing(name, messageOf(error), error);
  }
}

function missing(name: NativePackage, reason: string, cause?: unknown): UserError {
  return new UserError(
    'runtime',
    `The package ${name} must be there for this platform (${process.platform}-${process.arch}), but it does not load: ${reason}.`,
    'Run `npm ci` in the folder of the action, or use a platform that it supports.',
    { cause },
  );
}
