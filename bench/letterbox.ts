import { join } from 'node:path';
import { loadNativeParts } from '../src/runtime/load.ts';
import { decodeImage } from '../src/validate/image/decode.ts';
import { letterbox } from '../src/validate/image/letterbox.ts';
import { askPeer } from './python.ts';
import { type Context, type Measured, Needs } from './types.ts';

const SIZE = 640;
const FAMILIES = ['yolov5', 'ultralytics'] as const;
/** The resize that each family's loader asks OpenCV for. */
const METHOD = { yolov5: 'area', ultralytics: 'linear' } as const;

/** A photograph of 12 megapixels from file to network input, in one thread. */
export async function measureLetterbox(context: Context): Promise<Measured> {
  const python = context.python ?? context.compare;
  if (python === null) throw new Needs('--python PYTHON with opencv-python');
  const { sharp } = loadNativeParts(import.meta.url);
  sharp.cache(false);
  sharp.concurrency(1);
  const path = join(context.folder, 'photograph.jpg');
  const [width, height] = context.quick ? [400, 300] : [4000, 3000];
  await drawPhotograph(sharp, path, width, height);
  const repeats = context.quick ? 1 : 10;
  const opencv = askPeer<Record<'area' | 'linear', number>>(python, [
    'letterbox',
    path,
    String(SIZE),
    String(repeats),
  ]);
  const parts: Record<string, number> = {};
  let worst = 0;
  for (const family of FAMILIES) {
    const decodes: number[] = [];
    const totals: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const started = performance.now();
      const image = await decodeImage(sharp, path, family);
      decodes.push(performance.now() - started);
      letterbox(image, { width: SIZE, height: SIZE }, family);
      totals.push(performance.now() - started);
    }
    const theirs = opencv[METHOD[family]] * 1000;
    parts[`${family} decode ms`] = Math.min(...decodes);
    parts[`${family} ms`] = Math.min(...totals);
    parts[`OpenCV ${METHOD[family]} ms`] = theirs;
    worst = Math.max(worst, Math.min(...totals) / theirs);
  }
  return { value: worst, parts };
}

/** Soft shapes under a little noise, as a sensor has it: what a photograph's bytes and edges are like. */
async function drawPhotograph(
  sharp: ReturnType<typeof loadNativeParts>['sharp'],
  path: string,
  width: number,
  height: number,
): Promise<void> {
  const shapes = Array.from({ length: 60 }, (_, i) => {
    const [x, y] = [(i * 7919) % width, (i * 104729) % height];
    return `<circle cx="${x}" cy="${y}" r="${width / 40 + ((i * 37) % (width / 12))}" fill="hsl(${(i * 67) % 360},60%,${30 + (i % 5) * 10}%)"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#789"/>${shapes.join('')}</svg>`;
  const noise = await sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 12 },
    },
  })
    .png()
    .toBuffer();
  await sharp(Buffer.from(svg), { limitInputPixels: false })
    .composite([{ input: noise, blend: 'soft-light' }])
    .removeAlpha()
    .jpeg({ quality: 90 })
    .toFile(path);
}
