import { promisify } from 'node:util';
// Not by name: an older Node has no zstd, and would stop with a syntax error before it can say that it is too old.
import zlib from 'node:zlib';

const gzipped = promisify(zlib.gzip);
const zstandard = promisify(zlib.zstdCompress);

/** Bytes that the unpruned and the pruned model take compressed. */
export interface CompressedSizes {
  readonly gzipBytesBefore: number;
  readonly gzipBytesAfter: number;
  readonly zstdBytesBefore: number;
  readonly zstdBytesAfter: number;
}

/** Compresses both models, beside what the main thread does. */
export async function compressedSizes(before: Uint8Array, after: Uint8Array): Promise<CompressedSizes> {
  const [gzipBytesBefore, gzipBytesAfter, zstdBytesBefore, zstdBytesAfter] = await Promise.all([
    gzipSize(before),
    gzipSize(after),
    zstdSize(before),
    zstdSize(after),
  ]);
  return { gzipBytesBefore, gzipBytesAfter, zstdBytesBefore, zstdBytesAfter };
}

/** Bytes that a file takes when it is stored or sent gzipped (level 6), as release assets and caches are. */
export async function gzipSize(bytes: Uint8Array): Promise<number> {
  return (await gzipped(bytes, { level: 6, chunkSize: roomFor(bytes) })).length;
}

/** A file as zstd stores it at its highest level that decompresses with the memory of every machine. */
export function zstdFile(bytes: Uint8Array): Promise<Uint8Array> {
  return zstandard(bytes, { params: { [zlib.constants.ZSTD_c_compressionLevel]: 19 } });
}

/** Bytes that a file takes compressed by zstd at its default level, as newer caches and registries do. */
async function zstdSize(bytes: Uint8Array): Promise<number> {
  return (await zstandard(bytes, { chunkSize: roomFor(bytes) })).length;
}

const MOST_ROOM = 64 << 20;

/** Room for all of the result, so that it is made without the main thread, which may be busy. */
function roomFor({ length }: Uint8Array): number {
  return Math.min(length + (length >> 8) + 1024, MOST_ROOM);
}
