import { posix, sep, win32 } from 'node:path';

/** Whether a path is absolute here or on the machine that wrote it (`D:/data`). */
export function isAbsoluteAnywhere(path: string): boolean {
  return posix.isAbsolute(path) || win32.isAbsolute(path);
}

/** Paths written on Windows; a file name with a backslash in it is not worth supporting. */
export function withSlashes(path: string): string {
  return path.replaceAll('\\', '/');
}

/** What follows the last dot, in lower case: the references' notion of an image's kind. */
export function extension(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}

/** The last `/images/` becomes `/labels/`, the extension .txt (img2label_paths in both references). */
export function labelPath(image: string): string {
  const [from, to] = [`${sep}images${sep}`, `${sep}labels${sep}`];
  const at = image.lastIndexOf(from);
  const moved = at < 0 ? image : image.slice(0, at) + to + image.slice(at + from.length);
  return `${moved.slice(0, moved.lastIndexOf('.'))}.txt`;
}
