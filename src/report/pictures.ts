import { groundTruthBoxes, nativeBoxes } from '../metrics/boxes.ts';
import { FAMILY_THRESHOLDS, rankPairs, torchIou } from '../metrics/iou.ts';
import type { ImageStatistics } from '../metrics/types.ts';
import type { Family } from '../protocol.ts';
import type { Sample } from '../validate/types.ts';

/** Left, top, right, bottom in pixels of the image file. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** One of the images that lost most. */
export interface ReportedPicture {
  readonly path: string;
  /** The picture in the report folder; null where it could not be made. */
  readonly file: string | null;
  readonly width: number;
  readonly height: number;
  /** What the image lost: found labels, each counted with its confidence and the share of IoU thresholds it meets. */
  readonly loss: number;
  /** Detections below this confidence are not shown. */
  readonly conf: number;
  readonly labels: readonly {
    readonly id: number;
    readonly box: Box;
    readonly foundBefore: boolean;
    readonly foundAfter: boolean;
  }[];
  readonly before: readonly ReportedBox[];
  readonly after: readonly ReportedBox[];
}

export interface ReportedBox {
  readonly id: number;
  readonly conf: number;
  readonly box: Box;
  /** Whether it is for a label of its class, by IoU 0.5. */
  readonly hit: boolean;
}

/** Bytes of the pictures in the report folder, by their name in report.json. */
export type PictureFiles = ReadonlyMap<string, Uint8Array>;

/** Pictures in a report. */
const PICTURES = 12;

/** Weaker detections are never shown, so that they need not be kept. */
const LEAST_CONF = 0.05;

/** A sample without the detections that no picture shows. */
export function strongest({ detections, ...rest }: Sample): Sample {
  const weak = detections.conf.subarray(0, detections.count).findIndex((conf) => conf < LEAST_CONF);
  const count = weak < 0 ? detections.count : weak;
  return {
    ...rest,
    detections: {
      count,
      xyxy: detections.xyxy.slice(0, 4 * count),
      conf: detections.conf.slice(0, count),
      cls: detections.cls.slice(0, count),
    },
  };
}

/** What both models left of every image, by path, to choose the pictures from. */
export interface PictureSources {
  readonly before: readonly ImageStatistics[];
  readonly after: readonly ImageStatistics[];
  readonly samplesBefore: ReadonlyMap<string, Sample>;
  readonly samplesAfter: ReadonlyMap<string, Sample>;
  readonly family: Family;
  /** Confidence at which detections are shown. */
  readonly conf: number;
}

/** The images that lost most, the worst first; `file` is still to be made. */
export function worstPictures(sources: PictureSources): ReportedPicture[] {
  const { before, after, samplesBefore, samplesAfter, family } = sources;
  const conf = Math.max(sources.conf, LEAST_CONF);
  return before
    .map((image, i) => ({ path: image.path, loss: found(image) - found(after[i]!) }))
    .filter(({ loss }) => loss > 1e-6)
    .toSorted((a, b) => b.loss - a.loss)
    .slice(0, PICTURES)
    .map(({ path, loss }) => {
      const unpruned = samplesBefore.get(path)!;
      const labels = groundTruthBoxes(unpruned.labels, unpruned.geometry);
      const boxes = Array.from(
        unpruned.labels.cls.subarray(0, unpruned.labels.count),
        (id, label): Located => {
          const [left, top, width, height] = labels.subarray(4 * label, 4 * label + 4) as unknown as Box;
          return { id, box: [left, top, left + width, top + height] };
        },
      );
      const views = [unpruned, samplesAfter.get(path)!].map((sample) => view(sample, boxes, family, conf));
      const [viewBefore, viewAfter] = views as [View, View];
      return {
        path,
        file: null,
        width: unpruned.geometry.nativeWidth,
        height: unpruned.geometry.nativeHeight,
        loss,
        conf,
        labels: boxes.map(({ id, box }, label) => ({
          id,
          box: rounded(box),
          foundBefore: viewBefore.found.has(label),
          foundAfter: viewAfter.found.has(label),
        })),
        before: viewBefore.boxes,
        after: viewAfter.boxes,
      };
    });
}

interface Located {
  readonly id: number;
  readonly box: Box;
}

interface View {
  readonly boxes: readonly ReportedBox[];
  /** Labels that a shown detection is for. */
  readonly found: ReadonlySet<number>;
}

function found({ tp, conf }: ImageStatistics): number {
  let sum = 0;
  for (let d = 0; d < tp.length; d++) {
    let met = 0;
    for (let bits = tp[d]!; bits; bits &= bits - 1) met++;
    sum += (met / FAMILY_THRESHOLDS.length) * conf[d]!;
  }
  return sum;
}

/** What is seen of one model: its boxes, and the labels they are for, each for the best that no stronger one has. */
function view(sample: Sample, labels: readonly Located[], family: Family, conf: number): View {
  const { detections, geometry } = sample;
  const native = nativeBoxes(detections, geometry, family);
  const shown = detections.conf.filter((value) => value >= conf).length;
  const iou = torchIou(native, Float32Array.from(labels.flatMap(({ box }) => box)));
  const pairs = rankPairs(shown, labels.length, iou, FAMILY_THRESHOLDS[0]!, 'lower first');
  const taken = new Set<number>();
  const boxes = Array.from({ length: shown }, (_, d): ReportedBox => {
    const id = detections.cls[d]!;
    const label = pairs.label
      .slice(pairs.starts[d], pairs.starts[d + 1])
      .find((candidate) => labels[candidate]!.id === id && !taken.has(candidate));
    if (label !== undefined) taken.add(label);
    const box = native.subarray(4 * d, 4 * d + 4) as unknown as Box;
    return {
      id,
      conf: Math.round(detections.conf[d]! * 1e4) / 1e4,
      box: rounded(box),
      hit: label !== undefined,
    };
  });
  return { boxes, found: taken };
}

function rounded([left, top, right, bottom]: Box): Box {
  const tenth = (value: number) => Math.round(value * 10) / 10;
  return [tenth(left), tenth(top), tenth(right), tenth(bottom)];
}
