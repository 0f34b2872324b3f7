import { messageOf } from '../errors.ts';
import { type PythonValue, parsePythonLiteral } from './python-literal.ts';

/** What exporters write beside a model's graph; null where they did not, or where it cannot be read. */
export interface ModelMetadata {
  /** Class names by class index. */
  readonly names: ReadonlyMap<number, string> | null;
  /** The network's largest stride in pixels. */
  readonly stride: number | null;
  /** Size of the network's input in pixels. */
  readonly imgsz: { readonly width: number; readonly height: number } | null;
  /** Ultralytics' name for what the model does: detect, segment, pose, classify, obb … */
  readonly task: string | null;
  /** Whether the model chooses among its boxes itself, without NMS. */
  readonly end2end: boolean | null;
  /** Whether NMS is part of the graph. */
  readonly nms: boolean | null;
  /** Whether the model is one of the RT-DETR family, by its head's name or its description. */
  readonly isRtDetr: boolean;
  /** Whether the model finds keypoints. */
  readonly keypoints: boolean;
  /** One sentence for each property that is there but cannot be read. */
  readonly warnings: readonly string[];
}

/**
 * Reads the metadata that yolov5 (export.py) and Ultralytics (engine/exporter.py) store in a model: Python values as
 * `str()` writes them. What cannot be read counts as missing and leaves a warning.
 */
export function parseMetadata(props: ReadonlyMap<string, string>): ModelMetadata {
  const warnings: string[] = [];

  /** The property as `read` understands it; null when it is missing or `read` throws. */
  function property<T>(name: string, read: (value: PythonValue) => T): T | null {
    const text = props.get(name);
    if (text === undefined) return null;
    try {
      return read(parsePythonLiteral(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      warnings.push(`The model's metadata "${name}" is ignored: ${messageOf(error)}.`);
      return null;
    }
  }

  return {
    names: property('names', readNames),
    stride: property('stride', readStride),
    imgsz: property('imgsz', readSize),
    task: props.get('task') ?? null,
    end2end: property('end2end', readBoolean),
    nms: property('args', readNms),
    isRtDetr: props.get('head') === 'RTDETRDecoder' || /\brt-?detr/i.test(props.get('description') ?? ''),
    keypoints: props.has('kpt_shape'),
    warnings,
  };
}

/** Names by index out of a list or a dict; JSON's text keys are taken too. */
function readNames(value: PythonValue): ReadonlyMap<number, string> {
  if (!(value instanceof Map || Array.isArray(value))) throw new SyntaxError('it must list the class names');
  const names = new Map<number, string>();
  for (const [key, name] of value.entries() as Iterable<[string | number, PythonValue]>) {
    const index = typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : key;
    if (typeof index === 'string' || !Number.isSafeInteger(index) || index < 0)
      throw new SyntaxError(`${JSON.stringify(key)} is not a class index`);
    if (typeof name !== 'string' && typeof name !== 'number')
      throw new SyntaxError(`class ${index} has no name`);
    names.set(index, String(name));
  }
  if (!names.size) throw new SyntaxError('it lists no class');
  return names;
}

/** Networks halve the picture five or six times. */
const MAX_STRIDE = 1024;

function readStride(value: PythonValue): number {
  const stride = readPositiveInteger(value);
  if (stride > MAX_STRIDE) throw new SyntaxError(`it must be at most ${MAX_STRIDE}`);
  return stride;
}

function readPositiveInteger(value: PythonValue): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0)
    throw new SyntaxError('it must be a positive whole number');
  return value;
}

/** Ultralytics writes height before width, or one number for both. */
function readSize(value: PythonValue): { width: number; height: number } {
  const [height, width] = Array.isArray(value) ? value : [value, value];
  return { width: readPositiveInteger(width), height: readPositiveInteger(height) };
}

function readBoolean(value: PythonValue): boolean {
  if (typeof value !== 'boolean') throw new SyntaxError('it must be True or False');
  return value;
}

/** `nms` among the export's arguments. */
function readNms(value: PythonValue): boolean {
  if (!(value instanceof Map)) throw new SyntaxError('it must be a dict');
  return value.get('nms') === true;
}
