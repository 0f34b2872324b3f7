import type { Labels } from '../dataset/types.ts';

/** An 8-bit RGB picture, interleaved: `data[(y * width + x) * 3 + channel]`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** How a native picture was laid into the network's input; enough to map boxes both ways in either family. */
export interface Geometry {
  /** Size of the file's picture after EXIF orientation. */
  readonly nativeWidth: number;
  readonly nativeHeight: number;
  /** Size after the loader's resize (long side to imgsz), before the letterbox. */
  readonly loadedWidth: number;
  readonly loadedHeight: number;
  /** Letterbox's own scale on top of the loader's; 1 but for the ceil quirk. */
  readonly ratio: number;
  /** Unrounded half padding in x and y, as yolov5 carries it. */
  readonly padX: number;
  readonly padY: number;
  /** Rounded offsets at which the pixels sit, as ultralytics carries them. */
  readonly left: number;
  readonly top: number;
  /** The network's input. */
  readonly width: number;
  readonly height: number;
}

/** A picture of the size at which it lies in the network's input, with or without the grey around it. */
export interface Letterboxed {
  readonly image: RgbImage;
  readonly geometry: Geometry;
}

/** Detections of one image after NMS, by descending confidence, in pixels of the network's input. */
export interface Detections {
  readonly count: number;
  /** Left, top, right, bottom per box; not clipped. */
  readonly xyxy: Float32Array;
  readonly conf: Float32Array;
  readonly cls: Int32Array;
}

/** Everything the metrics need to know of one image. */
export interface Sample {
  /** Absolute path of the image. */
  readonly path: string;
  readonly geometry: Geometry;
  readonly labels: Labels;
  readonly detections: Detections;
}
