/** Kinds of image files that are decoded. */
export type ImageFormat = 'avif' | 'bmp' | 'jpeg' | 'png' | 'tiff' | 'webp';

/** What a file is instead, in words. */
export interface Refusal {
  readonly refused: string;
}

const PNG_SIGNATURE = '\x89PNG\r\n\x1a\n';
const TIFF_SIGNATURES = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'];
const JPEG2000_SIGNATURES = ['\0\0\0\fjP  ', '\xff\x4f\xff\x51'];
const AVIF_BRANDS = ['avif', 'avis'];

/**
 * Tells the kind of an image file from its first bytes, whatever its name says.
 *
 * Only what is named here may reach the image library, whose other loaders (SVG, PDF, …) can open files or
 * addresses that a picture names.
 */
export function sniffFormat(bytes: Uint8Array): ImageFormat | Refusal {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 512)).toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith(PNG_SIGNATURE)) return 'png';
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'webp';
  if (TIFF_SIGNATURES.some((signature) => head.startsWith(signature))) return 'tiff';
  if (head.startsWith('BM')) return 'bmp';
  if (head.startsWith('ftyp', 4) && AVIF_BRANDS.includes(head.slice(8, 12))) return 'avif';
  return { refused: nameOfRefused(head) };
}

function nameOfRefused(head: string): string {
  if (head.length === 0) return 'empty';
  if (head.startsWith('ftyp', 4)) return `HEIF or video (${head.slice(8, 12)})`;
  if (JPEG2000_SIGNATURES.some((signature) => head.startsWith(signature))) return 'JPEG 2000';
  if (head.startsWith('GIF8')) return 'GIF';
  if (head.startsWith('%PDF')) return 'PDF';
  if (/^P[Ff]\s/.test(head)) return 'PFM';
  if (/<svg|<\?xml|<!doctype/i.test(head)) return 'SVG, XML or HTML';
  return 'of no known image format';
}
