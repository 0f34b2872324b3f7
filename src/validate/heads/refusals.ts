import { UserError } from '../../errors.ts';
import type { ModelMetadata } from '../metadata.ts';
import { describeTensor, type TensorInfo } from './tensor-info.ts';

const BOXES_ONLY = 'Give a model that is trained and exported for detection: only boxes are validated.';

/** What Ultralytics' task names mean. */
const TASKS: ReadonlyMap<string, string> = new Map([
  ['segment', 'instance segmentation'],
  ['semantic', 'semantic segmentation'],
  ['pose', 'pose estimation'],
  ['classify', 'image classification'],
  ['obb', 'oriented boxes'],
  ['depth', 'depth estimation'],
]);

/** @throws {UserError} when the metadata says that the model does something else than detection. */
export function refuseOtherTasks({ task, keypoints, isRtDetr }: ModelMetadata): void {
  if (task !== null && task !== 'detect')
    throw otherTask(TASKS.get(task) ?? `the task "${task}"`, 'its metadata says so');
  if (keypoints) throw otherTask('pose estimation', 'its metadata has keypoints');
  if (isRtDetr) {
    throw new UserError(
      'model',
      'The model must be a YOLO detector; its metadata says that it is an RT-DETR, which takes pictures stretched and gives boxes as shares of them.',
      'Give a YOLO model: the rules of an RT-DETR are others than those of `yolo val` for YOLO, and its figures would be wrong here.',
    );
  }
}

/**
 * The one output that holds the boxes.
 *
 * Feature maps of five dimensions beside it are passed over: old yolov5 exports have them, and yolov5 reads the first
 * output only (utils/general.py:658-767).
 *
 * @throws {UserError} naming what the model gives instead, and how to export it otherwise.
 */
export function boxesOutput(outputs: readonly TensorInfo[]): TensorInfo {
  const all = outputs.map(describeTensor).join(', ');
  const rest = outputs.filter(({ shape }) => shape.length < 5);
  const maps = rest.filter(({ shape }) => shape.length === 4);
  if (maps.length === rest.length) {
    throw new UserError(
      'model',
      `The model must give decoded boxes; it gives feature maps: ${all}.`,
      'Export it with its detection layer: yolov5 `python export.py --include onnx` without `--train`, YOLOv7 with ' +
        '`--grid`, Ultralytics `yolo export format=onnx`.',
    );
  }
  if (maps.length)
    throw otherTask('instance segmentation', `it has mask prototypes beside the boxes: ${all}`);
  if (rest.length > 1 || isRowsOfWholeBatch(rest[0])) {
    throw new UserError(
      'model',
      `The model must have one output of raw boxes; it has ${all}, as models with NMS built in have.`,
      'Export it without NMS (no `--nms`, `--end2end` or EfficientNMS plugin): the protocol does it here.',
    );
  }
  const [output] = rest;
  if (output.shape.length === 2) throw otherTask('image classification', `its output is ${all}`);
  if (output.shape.length === 1) {
    throw new UserError('model', `The model's output must have three dimensions; it is ${all}.`, BOXES_ONLY);
  }
  if (output.type !== 'float32' && output.type !== 'float16') {
    throw new UserError(
      'model',
      `The model's output must be float32 or float16; ${output.name} is ${output.type}.`,
      'Export the model in floating point, without quantised inputs and outputs.',
    );
  }
  return output;
}

/** Values of an output, and boxes of one picture: those of 4096 × 4096 pixels with 80 classes, or of a batch of 40 at 640. */
const MAX_VALUES = 2 ** 27;
const MAX_BOXES = 1_100_000;

/**
 * @param dims where they are known.
 * @throws {UserError} when reading the output would take more time and memory than any detector's.
 */
export function refuseHugeOutput(dims: readonly (number | null)[]): void {
  const values = dims.reduce<number>((product, length) => product * (length ?? 1), 1);
  const longest = Math.max(...dims.map((length) => length ?? 0));
  if (values <= MAX_VALUES && longest <= MAX_BOXES) return;
  throw new UserError(
    'model',
    `The model's output must have at most ${MAX_VALUES} values and ${MAX_BOXES} boxes a picture; it is [${dims.map((length) => length ?? '?').join(', ')}].`,
    'Export it at the size that it was trained at, with a batch of one.',
  );
}

/** What numbers per box beside box and classes tell, a sentence; empty where they tell nothing known. */
export function explainExtraChannels(extra: number): string {
  if (extra === 32) return ' 32 more numbers a box are what an instance segmentation model has.';
  if (extra === 51) return ' 51 more numbers a box are what a pose model with 17 keypoints has.';
  if (extra === 1) return ' One more number a box is what a model for oriented boxes has.';
  return '';
}

function otherTask(task: string, evidence: string): UserError {
  return new UserError(
    'model',
    `The model must be a detector; it is one for ${task}: ${evidence}.`,
    BOXES_ONLY,
  );
}

/** Rows of image, x1, y1, x2, y2, class, score, as YOLOv7 writes them with `--end2end`. */
function isRowsOfWholeBatch({ shape }: TensorInfo): boolean {
  return shape.length === 2 && shape[1] === 7 && typeof shape[0] === 'string';
}
