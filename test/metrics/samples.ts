import type { Sample } from '../../src/validate/types.ts';

/** Side of the images below: native, loaded and network pixels are one and the same. */
export const SIDE = 640;

export interface PlainBox {
  readonly cls: number;
  readonly xyxy: readonly [number, number, number, number];
}

/** An image without letterbox from boxes in pixels; detections by descending confidence. */
export function plainSample(
  path: string,
  labels: readonly PlainBox[],
  detections: readonly (PlainBox & { readonly conf: number })[],
): Sample {
  return {
    path,
    geometry: {
      nativeWidth: SIDE,
      nativeHeight: SIDE,
      loadedWidth: SIDE,
      loadedHeight: SIDE,
      ratio: 1,
      padX: 0,
      padY: 0,
      left: 0,
      top: 0,
      width: SIDE,
      height: SIDE,
    },
    labels: {
      count: labels.length,
      cls: Int32Array.from(labels, ({ cls }) => cls),
      xywhn: Float32Array.from(
        labels.flatMap(({ xyxy: [x1, y1, x2, y2] }) => [
          (x1 + x2) / 2 / SIDE,
          (y1 + y2) / 2 / SIDE,
          (x2 - x1) / SIDE,
          (y2 - y1) / SIDE,
        ]),
      ),
    },
    detections: {
      count: detections.length,
      xyxy: Float32Array.from(detections.flatMap(({ xyxy }) => xyxy)),
      conf: Float32Array.from(detections, ({ conf }) => conf),
      cls: Int32Array.from(detections, ({ cls }) => cls),
    },
  };
}
