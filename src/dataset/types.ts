/** An image's ground truth for COCO's figures: boxes left, top, width, height in native pixels. */
export interface CocoLabels {
  readonly cls: Int32Array;
  readonly ltwh: Float64Array;
  /** Area of the object in pixels²; the box's where there is no outline. */
  readonly area: Float64Array;
  /** 1 for a crowd: matches any number of detections, which then count neither way. */
  readonly crowd: Uint8Array;
}

/** An image's ground truth as a COCO JSON has it: exact, and with the crowds. */
export interface CocoTruth extends CocoLabels {
  /** The image's number there. */
  readonly imageId: number;
  /** The image's size there, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** Ground truth of one image, in the label files' own form. */
export interface Labels {
  readonly count: number;
  /** Class index per box. */
  readonly cls: Int32Array;
  /** Centre x, centre y, width, height per box, as shares of the native image's width and height. */
  readonly xywhn: Float32Array;
  /** Where the ground truth comes from a COCO JSON; otherwise COCO's figures, too, take the boxes above. */
  readonly coco?: CocoTruth;
}

/** One image of a split with its ground truth; no boxes means a background image. */
export interface LabeledImage {
  /** Absolute path. */
  readonly path: string;
  readonly labels: Labels;
}

/** The part of data.yaml that one split names: images sorted by path, and class names by class index. */
export interface Dataset {
  /** Absolute path of data.yaml. */
  readonly yaml: string;
  readonly split: string;
  /** Class names by index; indices may have gaps. */
  readonly names: ReadonlyMap<number, string>;
  readonly images: readonly LabeledImage[];
  /** Boxes in all images together. */
  readonly labelCount: number;
  /** What was skipped or read tolerantly, one sentence each, for the log and the report. */
  readonly warnings: readonly string[];
}
