import { basename } from 'node:path';
import type { Family } from '../protocol.ts';
import type { Sample } from '../validate/types.ts';
import { jsonBoxes, jsonScores, nativeBoxes } from './boxes.ts';
import { cocoLabels } from './coco-match.ts';
import { imageIds } from './image-ids.ts';

/** One detection in COCO's result form: a box as left, top, width, height in native pixels. */
export interface CocoResult {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: readonly [number, number, number, number];
  readonly score: number;
}

/** Ground truth in the form of COCO's `instances_*.json`. */
export interface CocoGroundTruth {
  readonly images: readonly {
    readonly id: number;
    readonly file_name: string;
    readonly width: number;
    readonly height: number;
  }[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly annotations: readonly {
    readonly id: number;
    readonly image_id: number;
    readonly category_id: number;
    readonly bbox: readonly [number, number, number, number];
    readonly area: number;
    readonly iscrowd: 0 | 1;
  }[];
}

/**
 * Detections as the reference validators write them with `save_json`: boxes to three decimals, scores to
 * five. These are the very values that our COCO figures are counted from, so pycocotools finds the same AP in
 * them.
 *
 * Categories are class indices; images are numbered by their file names, or by their place among all paths
 * where those are no distinct numbers.
 */
export function cocoResults(samples: readonly Sample[], family: Family): readonly CocoResult[] {
  const ids = idsOf(samples);
  return samples.flatMap(({ detections, geometry }, sample) => {
    const boxes = jsonBoxes(nativeBoxes(detections, geometry, family));
    const scores = jsonScores(detections.conf);
    return Array.from({ length: detections.count }, (_, i) => ({
      image_id: ids[sample]!,
      category_id: detections.cls[i]!,
      bbox: boxAt(boxes, i),
      score: scores[i]! / 1e5,
    }));
  });
}

/**
 * The labels that the detections of {@link cocoResults} are held against: those of label files not clipped,
 * without crowds and with area = box area; those of a COCO JSON as they are there.
 */
export function cocoGroundTruth(
  samples: readonly Sample[],
  names: ReadonlyMap<number, string>,
): CocoGroundTruth {
  const ids = idsOf(samples);
  const annotations = samples.flatMap(({ labels, geometry }, sample) => {
    const { cls, ltwh, area, crowd } = cocoLabels(labels, geometry);
    return Array.from(cls, (id, i) => ({
      image_id: ids[sample]!,
      category_id: id,
      bbox: boxAt(ltwh, i),
      area: area[i]!,
      iscrowd: crowd[i] ? (1 as const) : (0 as const),
    }));
  });
  return {
    images: samples.map(({ path, geometry }, sample) => ({
      id: ids[sample]!,
      file_name: basename(path),
      width: geometry.nativeWidth,
      height: geometry.nativeHeight,
    })),
    categories: [...names].map(([id, name]) => ({ id, name })),
    annotations: annotations.map((annotation, index) => ({ id: index + 1, ...annotation })),
  };
}

function idsOf(samples: readonly Sample[]): readonly number[] {
  return imageIds(
    samples.map(({ path }) => path),
    samples.map(({ labels }) => labels.coco?.imageId),
  );
}

function boxAt(boxes: Float64Array, index: number): readonly [number, number, number, number] {
  return [boxes[4 * index]!, boxes[4 * index + 1]!, boxes[4 * index + 2]!, boxes[4 * index + 3]!];
}
