import { UserError } from '../errors.ts';
import type { Family } from '../protocol.ts';
import { type Roots, refuseOutside } from '../roots.ts';
import { countClasses } from './class-names.ts';
import { readAnnotations } from './coco-annotations.ts';
import { type DataYaml, readDataYaml } from './data-yaml.ts';
import { listImages, missingImages, noImages } from './images.ts';
import { type LabelRules, NO_LABELS } from './labels.ts';
import { lfsError } from './lfs.ts';
import { labelPath } from './paths.ts';
import { type ReadImage, readAnnotatedImage, readImage } from './read-image.ts';
import { resolveSplit } from './split.ts';
import type { CocoTruth, Dataset, LabeledImage } from './types.ts';

/** Which part of a data set to read, and by whose rules. */
export interface DatasetOptions {
  readonly split: 'train' | 'val' | 'test';
  readonly family: Family;
  /** Classes of the model, if known. */
  readonly nc?: number;
  /** Path of a COCO `instances_*.json` to take the ground truth from, instead of label files. */
  readonly annotations?: string | null;
  /** Folders that images, lists and label files may lie in; by default anywhere. */
  readonly roots?: Roots;
}

/** Sentences about single images, before the rest is only counted. */
const MAX_DETAILS = 10;

/**
 * Reads one split of a data.yaml: the images that the family's reference validator would see, in its order,
 * with the boxes it would compare against. The files are only read; `download:` is never run.
 *
 * - data.yaml and its paths: `readDataYaml`, `resolveSplit`; images: `listImages`; label files:
 *   `parseLabels`.
 * - An image named twice counts twice for ultralytics, once for yolov5 (whose cache is keyed by path).
 * - An image whose file is missing, or whose label file breaks a rule, is dropped with a warning; one without
 *   a label file, or with an empty one, is a background and kept.
 * - A class beyond `names` drops the image for ultralytics. yolov5's val.py stops there, so this is an error.
 * - Labels of classes that the model cannot predict (`nc` below the classes of the data set) are skipped for
 *   ultralytics, as by its validator (detect/val.py:422), and an error for yolov5.
 * - Ground truth out of a COCO JSON (`readAnnotations`) goes through the label rules as the label files that
 *   the references' converter would write; for COCO's own figures it is taken as it is.
 * - Both references also decode every image here and drop those that are no picture or at most 9 pixels wide
 *   or high: this is left to the part that reads pixels.
 *
 * @param yamlPath Path of data.yaml.
 * @throws UserError where the data set cannot be read, has no images or no labels, or is a set of Git LFS
 *   pointers.
 */
export async function loadDataset(yamlPath: string, options: DatasetOptions): Promise<Dataset> {
  const yaml = await readDataYaml(yamlPath);
  const { roots = null } = options;
  const { entries, warnings } = await resolveSplit(yaml, options.split, roots);
  const list = await listImages(entries, options.family, roots);
  if (list.paths.length === 0) throw noImages(entries, options.family);
  const paths = options.family === 'yolov5' ? [...new Set(list.paths)] : list.paths;
  if (!options.annotations) refuseOutside('Label files', paths.map(labelPath), roots);

  const rules = labelRules(yaml, options);
  const { read, warnings: labelWarnings } = await readLabels(paths, yaml, rules, options.annotations ?? null);
  refusePointers(read);
  refuseAllMissing(read);
  refuseUnknownClasses(read, rules);

  const all = read.flatMap(labeledImage);
  const images = all.map((image) => withoutClassesFrom(options.nc ?? Infinity, image));
  const labelCount = countLabels(images);
  if (labelCount === 0) throw noLabels(read, options);
  return {
    yaml: yaml.file,
    split: options.split,
    names: yaml.names,
    images,
    labelCount,
    warnings: [
      ...yaml.warnings,
      ...warnings,
      ...list.warnings,
      ...labelWarnings,
      ...warningsAbout(read),
      ...warningsAboutSkipped(countLabels(all) - labelCount, options.nc),
    ],
  };
}

/**
 * Those of the images that have labels to be compared against, or a label file that says that nothing is there. What is
 * missing or breaks a rule is left out without a word.
 *
 * @throws UserError where data.yaml cannot be read, or a label file lies outside of the roots.
 */
export async function findLabelled(
  yamlPath: string,
  paths: readonly string[],
  options: Pick<DatasetOptions, 'family' | 'nc' | 'roots'>,
): Promise<readonly LabeledImage[]> {
  refuseOutside('Label files', paths.map(labelPath), options.roots ?? null);
  const rules = labelRules(await readDataYaml(yamlPath), options);
  return paths
    .map((path) => readImage(path, rules))
    .filter(({ reading }) => reading.kind === 'labels')
    .flatMap(labeledImage)
    .map((image) => withoutClassesFrom(options.nc ?? Infinity, image));
}

async function readLabels(
  paths: readonly string[],
  yaml: DataYaml,
  rules: LabelRules,
  annotations: string | null,
): Promise<{ readonly read: readonly ReadImage[]; readonly warnings: readonly string[] }> {
  if (annotations === null) return { read: paths.map((path) => readImage(path, rules)), warnings: [] };
  const { images, warnings } = await readAnnotations(annotations, paths, yaml.names);
  return { read: images.map((image) => readAnnotatedImage(image, rules)), warnings };
}

function labelRules(yaml: DataYaml, { family, nc }: Pick<DatasetOptions, 'family' | 'nc'>): LabelRules {
  const classes = countClasses(yaml.names);
  return {
    family,
    classes: family === 'yolov5' ? Math.min(classes, nc ?? classes) : classes,
    poseColumns: yaml.poseColumns,
  };
}

function refusePointers(read: readonly ReadImage[]): void {
  const images = read.flatMap(({ path, reading }) => (reading.kind === 'lfs-image' ? [path] : []));
  if (images.length > 0) throw lfsError('images', images);
  const labels = read.flatMap(({ label, reading }) => (reading.kind === 'lfs-label' ? [label] : []));
  if (labels.length > 0) throw lfsError('label files', labels);
}

function refuseAllMissing(read: readonly ReadImage[]): void {
  if (read.some(({ reading }) => reading.kind !== 'missing-image')) return;
  const paths = read.map(({ path }) => path);
  throw missingImages(paths, paths.length);
}

function refuseUnknownClasses(read: readonly ReadImage[], { classes }: LabelRules): void {
  for (const { label, reading } of read) {
    if (reading.kind !== 'unknown-class') continue;
    throw new UserError(
      'dataset',
      `Label files must name classes that data set and model have, 0 to ${classes - 1}, ` +
        `but ${label} has class ${reading.cls} in row ${reading.row}.`,
      'Number the classes from 0 in the order of `names`, and use the data.yaml the model was trained with.',
    );
  }
}

function labeledImage({ path, reading }: ReadImage): LabeledImage[] {
  if (reading.kind === 'missing-label') return [{ path, labels: NO_LABELS }];
  return reading.kind === 'labels' ? [{ path, labels: reading.labels }] : [];
}

function withoutClassesFrom(nc: number, image: LabeledImage): LabeledImage {
  const { cls, xywhn, coco } = image.labels;
  const kept = (ids: Int32Array) => [...ids.keys()].filter((at) => ids[at]! < nc);
  const places = kept(cls);
  const cocoPlaces = coco && kept(coco.cls);
  if (places.length === cls.length && cocoPlaces?.length === coco?.cls.length) return image;
  return {
    path: image.path,
    labels: {
      count: places.length,
      cls: Int32Array.from(places, (at) => cls[at]!),
      xywhn: Float32Array.from(places.flatMap((at) => [...xywhn.subarray(at * 4, at * 4 + 4)])),
      ...(coco && cocoPlaces && { coco: cocoLabelsAt(cocoPlaces, coco) }),
    },
  };
}

function cocoLabelsAt(places: readonly number[], coco: CocoTruth): CocoTruth {
  return {
    ...coco,
    cls: Int32Array.from(places, (at) => coco.cls[at]!),
    ltwh: Float64Array.from(places.flatMap((at) => [...coco.ltwh.subarray(at * 4, at * 4 + 4)])),
    area: Float64Array.from(places, (at) => coco.area[at]!),
    crowd: Uint8Array.from(places, (at) => coco.crowd[at]!),
  };
}

function countLabels(images: readonly LabeledImage[]): number {
  return images.reduce((sum, { labels }) => sum + labels.count, 0);
}

/** Without a single label every metric is zero, pruned or not, and nothing is validated. */
function noLabels(read: readonly ReadImage[], { split, annotations }: DatasetOptions): UserError {
  const missing = read.filter(({ reading }) => reading.kind === 'missing-label').length;
  const dropped = read.flatMap(({ reading }) => (reading.kind === 'dropped' ? [reading.reason] : []));
  const because = dropped.length > 0 ? ` (first because ${dropped[0]})` : '';
  const withoutFile = annotations ? '' : `${missing} are without a label file, `;
  return new UserError(
    'dataset',
    `The images of \`${split}\` must have labels, but none of ${read.length} has: ${withoutFile}` +
      `${dropped.length} were dropped${because}, the others have no boxes that count. ` +
      `The labels of ${read[0]!.path} were looked for in ${read[0]!.label}.`,
    annotations
      ? 'Check that the annotations are those of this split, and not only crowds.'
      : 'Put a .txt file for each image into a `labels` folder beside `images`, with the same name, and commit it.',
  );
}

/** One sentence for each dropped image or duplicate, but no flood of them. */
function warningsAbout(read: readonly ReadImage[]): readonly string[] {
  const all = read.flatMap(({ path, label, reading }) => {
    if (reading.kind === 'missing-image') return [`The image ${path} was dropped: there is no such file.`];
    if (reading.kind === 'dropped') return [`The image ${path} was dropped: ${reading.reason}.`];
    if (reading.kind !== 'labels' || reading.duplicates === 0) return [];
    return [`${reading.duplicates} duplicate rows of ${label} were left out.`];
  });
  const more = all.length - MAX_DETAILS;
  return more > 0 ? [...all.slice(0, MAX_DETAILS), `${more} more images have such faults.`] : all;
}

function warningsAboutSkipped(skipped: number, nc: number | undefined): readonly string[] {
  return skipped > 0
    ? [`${skipped} labels of classes that the model (${nc} classes) cannot predict were skipped.`]
    : [];
}
