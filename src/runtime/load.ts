import { createRequire } from 'node:module';
import type * as Ort from 'onnxruntime-node';
import type sharp from 'sharp';
import { messageOf, UserError } from '../errors.ts';

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
  const require = createRequire(base);
  return { ort: load(require, 'onnxruntime-node'), sharp: load(require, 'sharp') };
}

/** The version of a native package, such as `1.30.0`. */
export function nativeVersion(base: NativeBase, name: 'onnxruntime-node' | 'sharp'): string {
  const require = createRequire(base);
  return (require(`${name}/package.json`) as { version: string }).version;
}

function load<T>(require: NodeJS.Require, name: string): T {
  try {
    return require(name) as T;
  } catch (error) {
    throw new UserError(
      'runtime',
      `The package ${name} must be there for this platform (${process.platform}-${process.arch}), but it does not load: ${messageOf(error)}.`,
      'Run `npm ci` in the folder of the action, or use a platform that it supports.',
      { cause: error },
    );
  }
}
