/** Kinds of image files that are decoded. */
export type ImageFormat = 'avif' | 'bmp' | 'jpeg' | 'pfm' | 'png' | 'tiff' | 'webp';

const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';
const TIFF_SIGNATURES = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'];
const JPEG2000_SIGNATURES = ['\0\0\0\fjP  ', '\xff\x4f\xff\x51'];
const AVIF_BRANDS = ['avif', 'avis'];

/**
 * Tells the kind of an image file from its first bytes, whatever its name says.
 *
 * Only what is named here may reach the image library, whose other loaders (SVG, PDF, …) can open files or addresses
 * that a picture names.
 *
 * @returns the format, or in `refused` what the file is instead.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat | { readonly refused: string } {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString('latin1');
  if (head.length === 0) return { refused: 'an empty file' };
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith(PNG_SIGNATURE)) return 'png';
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'webp';
  if (TIFF_SIGNATURES.some((signature) => head.startsWith(signature))) return 'tiff';
  if (head.startsWith('BM')) return 'bmp';
  if (/^P[Ff]\s/.test(head)) return 'pfm';
  if (head.startsWith('ftyp', 4)) return sniffBrand(head.slice(8, 12));
  if (JPEG2000_SIGNATURES.some((signature) => head.startsWith(signature))) return { refused: 'JPEG 2000' };
  if (head.startsWith('GIF8')) return { refused: 'GIF' };
  if (head.startsWith('%PDF')) return { refused: 'PDF' };
  if (/<svg|<\?xml|<!doctype/i.test(head)) return { refused: 'SVG, XML or HTML' };
  if (head.startsWith('version https://git-lfs')) return { refused: 'a Git LFS pointer' };
  return { refused: 'no known image format' };
}

/** The major brand of an ISO base media file. */
function sniffBrand(brand: string): ImageFormat | { readonly refused: string } {
  return AVIF_BRANDS.includes(brand) ? 'avif' : { refused: `HEIF (${brand})` };
}
