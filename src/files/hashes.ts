import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** A file, and the SHA-256 of the bytes that it had. */
export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
}

/** SHA-256 of a file's bytes, as lower-case hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** SHA-256 of bytes in memory, as lower-case hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
