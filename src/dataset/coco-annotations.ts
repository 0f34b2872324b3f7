import { UserError } from '../errors.ts';
import { classesOfCategories } from './coco-categories.ts';
import { type CocoAnnotation, type CocoImage, readCocoFile } from './coco-file.ts';
import { matchImages } from './coco-images.ts';
import { sixDigits } from './python.ts';
import type { CocoTruth } from './types.ts';

/** One image's ground truth out of a COCO JSON. */
export interface AnnotatedImage {
  readonly path: string;
  /** Where it stands, for messages. */
  readonly place: string;
  /** The label file that the references' converter would write. */
  readonly labelFile: Uint8Array;
  readonly coco: CocoTruth;
}

/** A COCO JSON held against the images of a split. */
export interface Annotations {
  /** In the order of the split, without the images that the JSON does not have. */
  readonly images: readonly AnnotatedImage[];
  readonly warnings: readonly string[];
}

/**
 * Reads the ground truth of a split's images out of a COCO `instances_*.json`.
 *
 * Entries are matched with images by `matchImages`, categories with classes by `classesOfCategories`. Images
 * that the JSON does not have are left out, entries without an image are ignored, both with their number in
 * the warnings.
 *
 * @param paths Images of the split, absolute.
 * @param names Class names by index, out of data.yaml.
 * @throws UserError where the file is no such JSON, has none of the images, or its categories are not the
 *   classes.
 */
export async function readAnnotations(
  file: string,
  paths: readonly string[],
  names: ReadonlyMap<number, string>,
): Promise<Annotations> {
  const json = await readCocoFile(file);
  const { places, missing, unused } = matchImages(paths, json.fileNames, file);
  if (places.size === 0) {
    throw new UserError(
      'dataset',
      `Annotations must be of the images of the split, but ${file} has none of ${paths.length}, such as ${paths[0]}; ` +
        `its first is ${json.fileNames[0] ?? 'missing: it lists no images'}.`,
      'Give the JSON of this split; images are found by `file_name`.',
    );
  }
  const found = new Map(
    [...places].map(([path, place]) => {
      const image = json.image(place);
      return [path, { image, annotations: json.annotations(image.id) }] as const;
    }),
  );
  const used = new Set(
    [...found.values()].flatMap(({ annotations }) => annotations.map((a) => a.categoryId)),
  );
  const { classes, warnings } = classesOfCategories(json.categories, used, names, file);
  return {
    images: paths.flatMap((path) => {
      const entry = found.get(path);
      if (!entry) return [];
      const { image, annotations } = entry;
      return [
        {
          path,
          place: `${file} (image ${image.id})`,
          labelFile: Buffer.from(labelRows(image, annotations, classes).join('\n')),
          coco: cocoTruth(image, annotations, classes),
        },
      ];
    }),
    warnings: [
      ...json.warnings,
      ...warnings,
      ...(missing.length > 0
        ? [`${missing.length} images of the split are not in ${file} and were left out, first ${missing[0]}.`]
        : []),
      ...(unused > 0 ? [`${unused} images of ${file} are not in the split and were ignored.`] : []),
    ],
  };
}

/**
 * Rows of a label file as the references convert annotations (ultralytics 8.4.190 data/converter.py,
 * `convert_coco`): without crowds, without boxes of no width or height, without repetitions, not clipped,
 * with six digits.
 */
function labelRows(
  { width, height }: CocoImage,
  annotations: readonly CocoAnnotation[],
  classes: ReadonlyMap<number, number>,
): readonly string[] {
  const rows = new Map<string, string>();
  for (const { bbox, crowd, categoryId } of annotations) {
    const [left, top, boxWidth, boxHeight] = bbox;
    const shares = [
      (left + boxWidth / 2) / width,
      (top + boxHeight / 2) / height,
      boxWidth / width,
      boxHeight / height,
    ] as const;
    if (crowd || shares[2] <= 0 || shares[3] <= 0) continue;
    const cls = classes.get(categoryId)!;
    rows.set([cls, ...shares].join(' '), [cls, ...shares.map(sixDigits)].join(' '));
  }
  return [...rows.values()];
}

function cocoTruth(
  { id, width, height }: CocoImage,
  annotations: readonly CocoAnnotation[],
  classes: ReadonlyMap<number, number>,
): CocoTruth {
  return {
    imageId: id,
    width,
    height,
    cls: Int32Array.from(annotations, ({ categoryId }) => classes.get(categoryId)!),
    ltwh: Float64Array.from(annotations.flatMap(({ bbox }) => bbox)),
    area: Float64Array.from(annotations, ({ area }) => area),
    crowd: Uint8Array.from(annotations, ({ crowd }) => Number(crowd)),
  };
}
