import type { Family } from '../protocol.ts';
import { bestF1Counter } from './bootstrap-best-f1.ts';
import {
  cocoDetections,
  cocoLabels,
  type DetectionColumns,
  familyDetections,
  familyLabels,
  type LabelColumns,
  slotsOf,
} from './bootstrap-columns.ts';
import { type ConfidenceColumns, confidenceColumns } from './bootstrap-confidence.ts';
import { addWeights, LANES, type Lanes, type LaneTotals, laneTotals } from './bootstrap-lanes.ts';
import { type WeightedFigures, type WeightedPrecision, weightedPrecision } from './bootstrap-precision.ts';
import { orderById } from './image-ids.ts';
import { IOU_COUNT } from './iou.ts';
import { classSlots } from './ordering.ts';
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

/** Counts one model's figures for each lane's weighting of the images. */
export type FigureCounter = (lanes: Lanes) => readonly WeightedImages[];

/** One model's labels and detections, sorted for all that is asked for: plain arrays that threads can hand over. */
export interface FigureColumns {
  readonly family: Family;
  readonly labels: LabelColumns;
  readonly detections: DetectionColumns;
  /** Where P or R is asked for. */
  readonly confidence: ConfidenceColumns | null;
  /** COCO's, for each area range that is asked for. */
  readonly coco: readonly {
    readonly area: number;
    readonly labels: LabelColumns;
    readonly detections: DetectionColumns;
  }[];
}

const COCO_AREAS = ['', 's', 'm', 'l'] as const;
const [IOU_50, IOU_75] = [0, 5];
const LANE_NUMBERS = Array.from({ length: LANES }, (_, lane) => lane);

/**
 * Sorts one model's detections once, to count its figures for many weightings.
 *
 * @param images by path, which decides between equal confidences.
 */
export function figureColumns(
  images: readonly ImageStatistics[],
  family: Family,
  wanted: ReadonlySet<FigureKey>,
): FigureColumns {
  const slots = slotsOf(images);
  // Crowds are labels for COCO alone.
  const cocoSlots = classSlots(images.map(({ coco }) => coco.labels));
  const order = orderById(images);
  return {
    family,
    labels: familyLabels(images, slots),
    detections: familyDetections(images, slots),
    confidence: wanted.has('P') || wanted.has('R') ? confidenceColumns(images, slots) : null,
    coco: COCO_AREAS.flatMap((suffix, area) => {
      const keys: readonly FigureKey[] =
        suffix === '' ? ['AP', 'AP50', 'AP75', 'AR1', 'AR10', 'AR100'] : [`AP${suffix}`, `AR${suffix}`];
      if (!keys.some((key) => wanted.has(key))) return [];
      const labels = cocoLabels(images, cocoSlots, area);
      return [{ area, labels, detections: cocoDetections(images, order, cocoSlots, area) }];
    }),
  };
}

/** Counts the figures that `metricsOf` makes of a list in which each image stands as often as its weight says. */
export function figureCounter(columns: FigureColumns): FigureCounter {
  const countFamily = familyCounter(columns);
  const { confidence } = columns;
  const countBestF1 = confidence && bestF1Counter(columns.labels, confidence);
  const areas = columns.coco.map(cocoCounter);
  return (lanes) => {
    const parts = [...(countBestF1 ? [countBestF1] : []), ...areas].map((count) => count(lanes));
    return countFamily(lanes).map(({ figures, perClass }, lane) => ({
      figures: Object.assign(figures, ...parts.map((part) => part[lane])),
      perClass,
    }));
  };
}

function familyCounter({ family, labels, detections }: FigureColumns): FigureCounter {
  const precision = weightedPrecision(family, mostMatched(detections));
  return (lanes) => {
    const sums = new Float64Array(LANES * IOU_COUNT);
    const perClass = LANE_NUMBERS.map(() => new Float64Array(labels.classes.length).fill(Number.NaN));
    const present = eachClass(labels, detections, precision, lanes, (lane, slot, { AP }) => {
      let total = 0;
      for (let t = 0; t < IOU_COUNT; t++) {
        sums[lane * IOU_COUNT + t] += AP[lane * IOU_COUNT + t];
        total += AP[lane * IOU_COUNT + t];
      }
      perClass[lane][slot] = total / IOU_COUNT;
    });
    return LANE_NUMBERS.map((lane) => {
      const sum = (t: number) => sums[lane * IOU_COUNT + t];
      const mean = (total: number) => total / Math.max(present[lane], 1);
      return {
        figures: {
          mAP50: mean(sum(IOU_50)),
          mAP75: mean(sum(IOU_75)),
          mAP50_95: mean(sumOf(sums, lane) / IOU_COUNT),
        },
        perClass: perClass[lane],
      };
    });
  };
}

function cocoCounter({
  area,
  labels,
  detections,
}: FigureColumns['coco'][number]): (lanes: Lanes) => readonly Partial<CocoMetrics>[] {
  const precision = weightedPrecision('coco', mostMatched(detections));
  const suffix = COCO_AREAS[area];
  return (lanes) => {
    const AP = new Float64Array(LANES * IOU_COUNT);
    const AR = LANE_NUMBERS.map(() => new Float64Array(3));
    const present = eachClass(labels, detections, precision, lanes, (lane, _, figures, count) => {
      for (let t = 0; t < IOU_COUNT; t++) AP[lane * IOU_COUNT + t] += figures.AP[lane * IOU_COUNT + t];
      for (let i = 0; i < 3; i++) AR[lane][i] += figures.found[3 * lane + i] / (IOU_COUNT * count);
    });
    return LANE_NUMBERS.map((lane) => {
      const mean = (total: number) => (present[lane] === 0 ? -1 : total / present[lane]);
      const all = mean(sumOf(AP, lane) / IOU_COUNT);
      const recall = AR[lane];
      if (suffix !== '') return { [`AP${suffix}`]: all, [`AR${suffix}`]: mean(recall[2]) };
      return {
        AP: all,
        AP50: mean(AP[lane * IOU_COUNT + IOU_50]),
        AP75: mean(AP[lane * IOU_COUNT + IOU_75]),
        AR1: mean(recall[0]),
        AR10: mean(recall[1]),
        AR100: mean(recall[2]),
      };
    });
  };
}

/** Goes through the classes, and for each through the lanes in which it has labels. @returns how many those are a lane. */
function eachClass(
  labels: LabelColumns,
  detections: DetectionColumns,
  precision: WeightedPrecision,
  lanes: Lanes,
  use: (lane: number, slot: number, figures: WeightedFigures, labels: number) => void,
): LaneTotals {
  const present = laneTotals();
  const count = laneTotals();
  for (let slot = 0; slot < labels.classes.length; slot++) {
    count.fill(0);
    addWeights(lanes, labels.image, labels.starts[slot], labels.starts[slot + 1], count);
    const figures = precision(detections, slot, count, lanes);
    for (let lane = 0; lane < LANES; lane++) {
      if (count[lane] === 0) continue;
      present[lane]++;
      use(lane, slot, figures, count[lane]);
    }
  }
  return present;
}

function mostMatched({ matchedStarts }: DetectionColumns): number {
  let most = 0;
  for (let slot = 0; slot + 1 < matchedStarts.length; slot++)
    most = Math.max(most, matchedStarts[slot + 1] - matchedStarts[slot]);
  return most;
}

/** The sum of one lane's figures of all thresholds. */
function sumOf(values: Float64Array, lane: number): number {
  let total = 0;
  for (let t = 0; t < IOU_COUNT; t++) total += values[lane * IOU_COUNT + t];
  return total;
}
