import { promisify } from 'node:util';
import { gzip, zstdCompress } from 'node:zlib';

const gzipped = promisify(gzip);
const zstandard = promisify(zstdCompress);

/** Bytes that a file takes when it is stored or sent gzipped (level 6), as release assets and caches are. */
export async function gzipSize(bytes: Uint8Array): Promise<number> {
  return (await gzipped(bytes, { level: 6 })).length;
}

/** Bytes that a file takes compressed by zstd at its default level, as newer caches and registries do. */
export async function zstdSize(bytes: Uint8Array): Promise<number> {
  return (await zstandard(bytes)).length;
}
