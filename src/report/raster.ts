import type Sharp from 'sharp';
import type { Family } from '../protocol.ts';
import { decodeImage } from '../validate/image/decode.ts';
import type { PictureFiles, ReportedPicture } from './pictures.ts';

/** Longest side of a picture in the report. */
const PICTURE_SIDE = 800;
const QUALITY = 78;
/** Pixels of a chart's PNG per unit of its SVG, so that it is sharp on dense screens. */
const DENSITY = 2;

/** Makes the pictures' files; one that cannot be made is left out. @returns the pictures with their files' names. */
export async function pictureFiles(
  sharp: typeof Sharp,
  pictures: readonly ReportedPicture[],
  family: Family,
): Promise<{ readonly pictures: readonly ReportedPicture[]; readonly files: PictureFiles }> {
  const files = new Map<string, Uint8Array>();
  const made = await Promise.all(pictures.map(({ path }) => picture(sharp, path, family).catch(() => null)));
  const named = pictures.map((entry, i) => {
    const file = `pictures/${String(i + 1).padStart(2, '0')}.jpg`;
    const bytes = made[i]!;
    if (bytes) files.set(file, bytes);
    return { ...entry, file: bytes && file };
  });
  return { pictures: named, files };
}

/** An image file as a JPEG for the report, in the pixels that both models saw, without its metadata. */
async function picture(sharp: typeof Sharp, path: string, family: Family): Promise<Uint8Array> {
  const { data, width, height } = await decodeImage(sharp, path, family);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: PICTURE_SIDE, height: PICTURE_SIDE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: QUALITY, mozjpeg: true })
    .toBuffer();
}

/** A chart as a PNG. */
export async function png(sharp: typeof Sharp, svg: string): Promise<Uint8Array> {
  return sharp(Buffer.from(svg), { density: 72 * DENSITY })
    .png({ palette: true })
    .toBuffer();
}
