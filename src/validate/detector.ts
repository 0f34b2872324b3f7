import { UserError } from '../errors.ts';
import type { Family, Protocol } from '../protocol.ts';
import { describeDifferences, onlyInOne } from './class-names.ts';
import type { HeadName } from './heads/index.ts';
import { readLayout } from './heads/layout.ts';
import { boxesOutput, explainExtraChannels, refuseHugeOutput, refuseOtherTasks } from './heads/refusals.ts';
import { describeTensor, lengthOf, type TensorInfo } from './heads/tensor-info.ts';
import { type ModelMetadata, parseMetadata } from './metadata.ts';
import type { RectangleRule } from './rectangles.ts';

export type { TensorInfo } from './heads/tensor-info.ts';

/** How to run a model and read its output. */
export interface Detector {
  readonly input: {
    readonly name: string;
    readonly type: 'float32' | 'float16';
    /** Images per run; a fixed number above 1 has to be filled up. */
    readonly batch: number | 'dynamic';
  };
  /** Name of the output that holds the boxes. */
  readonly output: string;
  /** Size of the network's input in pixels. */
  readonly width: number;
  readonly height: number;
  /**
   * How to make the rectangle near its own shape that each picture is laid into instead, as `yolo val` does where a model takes any
   * size and any number of pictures; else `null`.
   */
  readonly rect: RectangleRule | null;
  readonly head: HeadName;
  readonly family: Family;
  readonly nc: number;
  /** Class names by index as the model's metadata has them. */
  readonly names: ReadonlyMap<number, string> | null;
  /** The network's largest stride in pixels, where the metadata says it. */
  readonly stride: number | null;
  /** What the log and the report should say, one sentence or two each. */
  readonly warnings: readonly string[];
}

/** A model as ONNX Runtime and its metadata properties describe it. */
export interface ModelDescription {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly metadata: ReadonlyMap<string, string>;
}

export interface DetectorOptions {
  /** The size to validate at; null takes the model's own. */
  readonly imgsz: Size | null;
  readonly protocol: Protocol | 'auto';
  /** Class names by index out of data.yaml, and how many classes it has. */
  readonly datasetNames: ReadonlyMap<number, string>;
  readonly datasetNc: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The reference validator that reads a head. */
const FAMILY_OF_HEAD: Readonly<Record<HeadName, Family>> = {
  yolov5: 'yolov5',
  'anchor-free': 'ultralytics',
  end2end: 'ultralytics',
};

/**
 * @throws {UserError} when the model does something else than detect boxes, whatever its classes and weights are.
 */
export function refuseOtherThanDetectors({ outputs, metadata }: ModelDescription): void {
  refuseOtherTasks(parseMetadata(metadata));
  boxesOutput(outputs);
}

/**
 * Works out what a model's tensors mean, from their shapes, the metadata and the data set.
 *
 * @throws {UserError} when the model is no detector that can be validated, when its classes are not those of the data
 *   set, or when `imgsz` is not to be had.
 */
export function describeDetector(model: ModelDescription, options: DetectorOptions): Detector {
  const metadata = parseMetadata(model.metadata);
  refuseOtherTasks(metadata);
  const output = boxesOutput(model.outputs);
  const input = imageInput(model.inputs);
  const size = inputSize(input, metadata, options.imgsz);
  const expectedNc = metadata.names?.size ?? options.datasetNc;
  const batch = lengthOf(input.shape[0]) ?? 'dynamic';
  refuseHugeInput(size, batch);
  refuseHugeOutput(output.shape.map(lengthOf));
  const layout = readLayout(output, { ...size, metadata, expectedNc });
  const nc = layout.nc ?? expectedNc;
  refuseOtherClasses(nc, metadata, options);

  const { head } = layout;
  const family =
    options.protocol === 'auto' || options.protocol === 'coco' ? FAMILY_OF_HEAD[head] : options.protocol;
  const names = metadata.names?.size === nc ? metadata.names : null;
  const isAnyNumber = batch === 'dynamic' && lengthOf(output.shape[0]) === null;
  const isRect = family === 'ultralytics' && isAnyNumber && size.isOpen && size.width === size.height;
  return {
    input: { name: input.name, type: input.type, batch },
    output: output.name,
    width: size.width,
    height: size.height,
    rect: isRect ? { imgsz: size.width, stride: size.stride } : null,
    head,
    family,
    nc,
    names,
    stride: metadata.stride,
    warnings: [
      ...metadata.warnings,
      ...size.warnings,
      ...layout.warnings,
      ...warnings(metadata, names, head, family, size.isPartlyOpen && !isRect, options),
    ],
  };
}

/**
 * The one input, which takes pictures.
 *
 * @throws {UserError} when there are more, or it takes something else.
 */
function imageInput(inputs: readonly TensorInfo[]): TensorInfo & { readonly type: 'float32' | 'float16' } {
  const [input] = inputs;
  if (inputs.length !== 1) {
    throw new UserError(
      'model',
      `The model must have one input, the picture; it has ${inputs.map(describeTensor).join(', ') || 'none'}.`,
      'Export a detector that takes the picture only.',
    );
  }
  const { type, shape } = input;
  const channels = lengthOf(shape[1]);
  if (shape.length !== 4 || (channels !== null && channels !== 3)) {
    throw new UserError(
      'model',
      `The model's input must be pictures of three colours, [batch, 3, height, width]; it is ${describeTensor(input)}.`,
      shape.length === 4 && shape[3] === 3
        ? 'Export the model with its channels first.'
        : 'Give a detector for colour pictures.',
    );
  }
  if (type !== 'float32' && type !== 'float16') {
    throw new UserError(
      'model',
      `The model's input must be float32 or float16; ${input.name} is ${type}.`,
      'Export the model in floating point, without quantised inputs and outputs.',
    );
  }
  return { ...input, type };
}

/**
 * The size to validate at: the model's where it is fixed, else the given one, else the metadata's. As both references do,
 * a given size is rounded up to the stride (yolov5 general.py:266, ultralytics checks.py:224).
 *
 * @throws {UserError} when the model's size is another one, or when nothing says the size.
 */
function inputSize(input: TensorInfo, metadata: ModelMetadata, imgsz: Size | null) {
  const fixed = { width: lengthOf(input.shape[3]), height: lengthOf(input.shape[2]) };
  const stride = metadata.stride ?? 32;
  const roundUp = (pixels: number) => Math.ceil(pixels / stride) * stride;
  const asked = imgsz && { width: roundUp(imgsz.width), height: roundUp(imgsz.height) };
  const wanted = asked ?? metadata.imgsz;
  const size = { width: fixed.width ?? wanted?.width, height: fixed.height ?? wanted?.height };
  if (size.width === undefined || size.height === undefined) {
    throw new UserError(
      'input',
      `The model takes pictures of any size, ${describeTensor(input)}, so imgsz must be given; it was not.`,
      'Set imgsz to the size that the model was trained at, for example 640.',
    );
  }
  const { width, height } = size;
  if (imgsz && asked && (asked.width !== width || asked.height !== height)) {
    throw new UserError(
      'input',
      `imgsz must be the size of the model's input, ${width}×${height} (width × height); it was ${imgsz.width}×${imgsz.height}.`,
      'Leave imgsz out, or export the model at the size you want.',
    );
  }
  const rounded = imgsz && (imgsz.width !== width || imgsz.height !== height);
  return {
    width,
    height,
    stride,
    isOpen: fixed.width === null && fixed.height === null,
    isPartlyOpen: fixed.width === null || fixed.height === null,
    warnings: rounded
      ? [
          `imgsz ${imgsz.width}×${imgsz.height} is rounded up to ${width}×${height}, multiples of the stride ${stride}.`,
        ]
      : [],
  };
}

/** Pixels of a side, and of all pictures that one run takes together: 4096 × 4096, or 40 of 640 × 640. */
const MAX_SIDE = 8192;
const MAX_PIXELS = 2 ** 24;

/** @throws {UserError} when the input would take more memory than any detector's. */
function refuseHugeInput({ width, height }: Size, batch: number | 'dynamic'): void {
  const pictures = batch === 'dynamic' ? 1 : batch;
  if (width <= MAX_SIDE && height <= MAX_SIDE && pictures * width * height <= MAX_PIXELS) return;
  throw new UserError(
    'model',
    `The model must take at most ${MAX_PIXELS} pixels in one run, and ${MAX_SIDE} a side; it takes ${pictures} pictures of ${width}×${height}.`,
    'Export it at the size that it was trained at, with a batch of one.',
  );
}

/** @throws {UserError} when the number of classes is not the data set's. */
function refuseOtherClasses(nc: number, { names }: ModelMetadata, options: DetectorOptions): void {
  const { datasetNc, datasetNames } = options;
  if (nc === datasetNc) return;
  const known = names?.size ?? datasetNc;
  throw new UserError(
    'model',
    `The model must have as many classes as data.yaml, ${datasetNc}; it has ${nc}.` +
      `${explainExtraChannels(nc - known)}${onlyInOne(names, datasetNames)}`,
    'Give the data.yaml that the model was trained on, or the model that was trained on this data.yaml.',
  );
}

function warnings(
  metadata: ModelMetadata,
  names: ReadonlyMap<number, string> | null,
  head: HeadName,
  family: Family,
  isFixedHere: boolean,
  { datasetNames }: DetectorOptions,
): readonly string[] {
  const found: string[] = [];
  if (metadata.names && !names)
    found.push(`The model's metadata names ${metadata.names.size} classes, its output has another number.`);
  const differences = names && describeDifferences(names, datasetNames);
  if (differences) found.push(differences);
  if (head === 'end2end' && metadata.nms)
    found.push(
      'NMS is part of the model, with the thresholds of its export (confidence 0.25 unless set), which lowers mAP. ' +
        'Export it with nms=False to validate as `yolo val` does with the weights.',
    );
  if (family !== FAMILY_OF_HEAD[head])
    found.push(
      `The protocol is ${family}, whose own tool does not read this model's output layout (${head}): there is no ` +
        'reference to compare the figures with.',
    );
  if (isFixedHere && family === 'ultralytics')
    found.push(
      'The model takes pictures of any size, and all are laid into the same one here. `yolo val` takes rectangles near their shapes ' +
        'where imgsz is one number: its figures are others.',
    );
  return found;
}
