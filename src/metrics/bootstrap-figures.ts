import type { Family } from '../protocol.ts';
import {
  type ConfidenceColumns,
  cocoDetections,
  cocoLabels,
  confidenceColumns,
  type DetectionColumns,
  familyDetections,
  familyLabels,
  type LabelColumns,
  slotsOf,
} from './bootstrap-columns.ts';
import { type WeightedPrecision, weightedPrecision } from './bootstrap-precision.ts';
import { bestF1, confidenceCurves } from './confidence-curves.ts';
import { orderById } from './image-ids.ts';
import { IOU_COUNT } from './iou.ts';
import { type ClassSlots, classSlots } from './ordering.ts';
import type { CocoMetrics, ImageStatistics, Metrics } from './types.ts';

/** A figure that can be resampled: all that a model has. */
export type FigureKey = keyof Pick<Metrics, 'P' | 'R' | 'mAP50' | 'mAP75' | 'mAP50_95'> | keyof CocoMetrics;

/** Figures of one weighting of the images. */
export interface WeightedImages {
  /** Those that were asked for, and others that came along; -1 where COCO has no label of that size. */
  readonly figures: Partial<Record<FigureKey, number>>;
  /** The family's mAP50-95 of each class that has labels; NaN for a class that this weighting leaves out. */
  readonly perClass: Float64Array;
}

/** Counts one model's figures where image `i` is there `weights[i]` times. */
export type FigureCounter = (weights: Uint16Array) => WeightedImages;

const COCO_AREAS = ['', 's', 'm', 'l'] as const;
const [IOU_50, IOU_75] = [0, 5];

/**
 * Sorts one model's detections once, to count its figures for many weightings: those that `metricsOf` makes of a list in
 * which each image stands so many times.
 *
 * @param images by path, which decides between equal confidences.
 */
export function figureCounter(
  images: readonly ImageStatistics[],
  family: Family,
  wanted: ReadonlySet<FigureKey>,
): FigureCounter {
  const slots = slotsOf(images);
  const countFamily = familyCounter(images, slots, family);
  const countBestF1 = wanted.has('P') || wanted.has('R') ? bestF1Counter(images, slots) : null;
  const areas = COCO_AREAS.flatMap((suffix, area) => {
    const keys: readonly FigureKey[] =
      suffix === '' ? ['AP', 'AP50', 'AP75', 'AR1', 'AR10', 'AR100'] : [`AP${suffix}`, `AR${suffix}`];
    return keys.some((key) => wanted.has(key)) ? [cocoCounter(images, area)] : [];
  });
  return (weights) => {
    const { figures, perClass } = countFamily(weights);
    return {
      figures: Object.assign(figures, countBestF1?.(weights), ...areas.map((count) => count(weights))),
      perClass,
    };
  };
}

function familyCounter(images: readonly ImageStatistics[], slots: ClassSlots, family: Family): FigureCounter {
  const labels = familyLabels(images, slots);
  const detections = familyDetections(images, slots);
  const precision = weightedPrecision(family, mostMatched(detections));
  const sums = new Float64Array(IOU_COUNT);
  return (weights) => {
    const perClass = new Float64Array(slots.classes.length).fill(Number.NaN);
    sums.fill(0);
    const present = eachClass(labels, detections, precision, weights, (slot, { AP }) => {
      for (let t = 0; t < IOU_COUNT; t++) sums[t] += AP[t];
      perClass[slot] = sum(AP) / IOU_COUNT;
    });
    const mean = (total: number) => total / Math.max(present, 1);
    return {
      figures: {
        mAP50: mean(sums[IOU_50]),
        mAP75: mean(sums[IOU_75]),
        mAP50_95: mean(sum(sums) / IOU_COUNT),
      },
      perClass,
    };
  };
}

function cocoCounter(
  images: readonly ImageStatistics[],
  area: number,
): (weights: Uint16Array) => Partial<CocoMetrics> {
  const order = orderById(images);
  // Crowds are labels for COCO alone.
  const slots = classSlots(images.map(({ coco }) => coco.labels));
  const labels = cocoLabels(images, slots, area);
  const detections = cocoDetections(images, order, slots, area);
  const precision = weightedPrecision('coco', mostMatched(detections));
  const suffix = COCO_AREAS[area];
  return (weights) => {
    const AP = new Float64Array(IOU_COUNT);
    const AR = new Float64Array(3);
    const present = eachClass(labels, detections, precision, weights, (_, figures, count) => {
      for (let t = 0; t < IOU_COUNT; t++) AP[t] += figures.AP[t];
      for (let i = 0; i < AR.length; i++) AR[i] += figures.found[i] / (IOU_COUNT * count);
    });
    const mean = (total: number) => (present === 0 ? -1 : total / present);
    if (suffix !== '') return { [`AP${suffix}`]: mean(sum(AP) / IOU_COUNT), [`AR${suffix}`]: mean(AR[2]) };
    return {
      AP: mean(sum(AP) / IOU_COUNT),
      AP50: mean(AP[IOU_50]),
      AP75: mean(AP[IOU_75]),
      AR1: mean(AR[0]),
      AR10: mean(AR[1]),
      AR100: mean(AR[2]),
    };
  };
}

/** Precision and recall at the best F1, from the very curves that the family reads. */
function bestF1Counter(
  images: readonly ImageStatistics[],
  slots: ClassSlots,
): (weights: Uint16Array) => Pick<Metrics, 'P' | 'R'> {
  const labels = familyLabels(images, slots);
  const columns = confidenceColumns(images, slots);
  return (weights) => {
    const curves = [...slots.classes.keys()].flatMap((slot) => {
      const count = weightOf(labels, slot, weights);
      return count === 0 ? [] : [confidenceCurves({ labels: count, ...copies(columns, slot, weights) })];
    });
    if (curves.length === 0) return { P: 0, R: 0 };
    const best = bestF1(curves);
    const mean = (line: 'P' | 'R') =>
      curves.reduce((total, curve) => total + curve[line][best], 0) / curves.length;
    return { P: mean('P'), R: mean('R') };
  };
}

/** One class's detections, each as often as its image. */
function copies(
  { starts, image, conf, tp }: ConfidenceColumns,
  slot: number,
  weights: Uint16Array,
): { readonly conf: Float32Array; readonly tp: Uint16Array } {
  let length = 0;
  for (let place = starts[slot]; place < starts[slot + 1]; place++) length += weights[image[place]];
  const copied = { conf: new Float32Array(length), tp: new Uint16Array(length) };
  let next = 0;
  for (let place = starts[slot]; place < starts[slot + 1]; place++) {
    for (let copy = weights[image[place]]; copy > 0; copy--) {
      copied.conf[next] = conf[place];
      copied.tp[next++] = tp[place];
    }
  }
  return copied;
}

/** Goes through the classes that have labels in this weighting. @returns how many there are. */
function eachClass(
  labels: LabelColumns,
  detections: DetectionColumns,
  precision: WeightedPrecision,
  weights: Uint16Array,
  use: (slot: number, figures: ReturnType<WeightedPrecision>, labels: number) => void,
): number {
  let present = 0;
  for (let slot = 0; slot < labels.classes.length; slot++) {
    const count = weightOf(labels, slot, weights);
    if (count === 0) continue;
    present++;
    use(slot, precision(detections, slot, count, weights), count);
  }
  return present;
}

function weightOf({ starts, image }: LabelColumns, slot: number, weights: Uint16Array): number {
  let total = 0;
  for (let label = starts[slot]; label < starts[slot + 1]; label++) total += weights[image[label]];
  return total;
}

function mostMatched({ matchedStarts }: DetectionColumns): number {
  let most = 0;
  for (let slot = 0; slot + 1 < matchedStarts.length; slot++)
    most = Math.max(most, matchedStarts[slot + 1] - matchedStarts[slot]);
  return most;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
