import type { RgbImage } from '../validate/types.ts';

/** Shortest side of a part, as a share of the picture's. */
const LEAST_SIDE = 0.5;

/** The picture itself, its mirror image, and a part of it that `random` chooses. */
export function augmented(image: RgbImage, random: () => number): readonly RgbImage[] {
  const width = chosenSide(image.width, random);
  const height = chosenSide(image.height, random);
  const left = Math.floor(random() * (image.width - width + 1));
  const top = Math.floor(random() * (image.height - height + 1));
  return [image, mirrored(image), partOf(image, { left, top, width, height })];
}

function chosenSide(side: number, random: () => number): number {
  return Math.max(1, Math.round(side * (LEAST_SIDE + (1 - LEAST_SIDE) * random())));
}

/** A picture with left and right exchanged. */
export function mirrored({ width, height, data }: RgbImage): RgbImage {
  const turned = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--, to += 3) {
      const from = 3 * (y * width + x);
      turned[to] = data[from]!;
      turned[to + 1] = data[from + 1]!;
      turned[to + 2] = data[from + 2]!;
    }
  }
  return { width, height, data: turned };
}

/** The pixels of a rectangle that lies within the picture. */
export function partOf(
  image: RgbImage,
  {
    left,
    top,
    width,
    height,
  }: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
): RgbImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * image.width + left);
    data.set(image.data.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { width, height, data };
}
