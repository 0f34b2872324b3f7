import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/** Bytes that a file takes when it is stored or sent gzipped (level 6), as release assets and caches are. */
export async function gzipSize(bytes: Uint8Array): Promise<number> {
  return (await compress(bytes, { level: 6 })).length;
}
