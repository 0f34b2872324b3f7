import { promisify } from 'node:util';
// Not by name: an older Node has no zstd, and would stop with a syntax error before it can say that it is too old.
import zlib from 'node:zlib';

const gzipped = promisify(zlib.gzip);
const zstandard = promisify(zlib.zstdCompress);

/** Bytes that a file takes when it is stored or sent gzipped (level 6), as release assets and caches are. */
export async function gzipSize(bytes: Uint8Array): Promise<number> {
  return (await gzipped(bytes, { level: 6 })).length;
}

/** A file as zstd stores it at its highest level that decompresses with the memory of every machine. */
export function zstdFile(bytes: Uint8Array): Promise<Uint8Array> {
  return zstandard(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: 19 } });
}

/** Bytes that a file takes compressed by zstd at its default level, as newer caches and registries do. */
export async function zstdSize(bytes: Uint8Array): Promise<number> {
  return (await zstandard(bytes)).length;
}
