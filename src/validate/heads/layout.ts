import { UserError } from '../../errors.ts';
import type { ModelMetadata } from '../metadata.ts';
import { HEADS, type HeadName } from './index.ts';
import { describeTensor, lengthOf, type TensorInfo } from './tensor-info.ts';

/** What an output's dimensions are read as. */
export interface Layout {
  readonly head: HeadName;
  /** Number of classes; null where the shape does not say it. */
  readonly nc: number | null;
  readonly warnings: readonly string[];
}

/** What there is to go by besides the shape. */
export interface LayoutClues {
  /** Size of the network's input in pixels. */
  readonly width: number;
  readonly height: number;
  readonly metadata: ModelMetadata;
  /** Number of classes by the metadata, or else by the data set. */
  readonly expectedNc: number;
}

/**
 * Decides how an output of three dimensions is laid out.
 *
 * The number of boxes tells: yolov5 writes three for every cell of its grids, an anchor-free head one. Where that does
 * not decide (other grids, dimensions that are open until the model runs), the number of classes does. A row of six
 * means end to end, unless the number of rows is that of a yolov5 head with one class.
 *
 * @throws {UserError} when no layout fits, or more than one does.
 */
export function readLayout(output: TensorInfo, clues: LayoutClues): Layout {
  const [first, second] = [lengthOf(output.shape[1]), lengthOf(output.shape[2])];
  const { metadata, expectedNc } = clues;
  const cells = cellCounts(clues.width, clues.height);
  const threePerCell = first !== null && cells.has(first / 3);

  if (second === 6 && isEnd2end(first, threePerCell, cells, clues)) return layout('end2end', null);

  const asYolov5 = second === null ? null : second - 5;
  const asAnchorFree = first === null ? null : first - 4;
  const fits = {
    yolov5: threePerCell && asYolov5 !== null && asYolov5 > 0,
    'anchor-free': second !== null && cells.has(second) && asAnchorFree !== null && asAnchorFree > 0,
  };
  if (fits.yolov5 !== fits['anchor-free'])
    return fits.yolov5 ? layout('yolov5', asYolov5) : layout('anchor-free', asAnchorFree);

  const matches = { yolov5: asYolov5 === expectedNc, 'anchor-free': asAnchorFree === expectedNc };
  if (matches.yolov5 !== matches['anchor-free']) {
    const head = matches.yolov5 ? 'yolov5' : 'anchor-free';
    const boxes = matches.yolov5 ? first : second;
    return layout(head, expectedNc, boxes !== null && !fits[head] ? [unusualCount(head, boxes, clues)] : []);
  }

  // An open dimension counts the boxes; with both open only the exporter's own words are left.
  if (first === null && asYolov5 !== null && asYolov5 > 0) return layout('yolov5', asYolov5);
  if (second === null && asAnchorFree !== null && asAnchorFree > 0)
    return layout('anchor-free', asAnchorFree);
  if (first === null && second === null) {
    if (metadata.end2end || metadata.nms) return layout('end2end', null);
    if (metadata.task !== null) return layout('anchor-free', expectedNc);
    if (metadata.names !== null) return layout('yolov5', expectedNc);
  }
  throw unreadable(output, expectedNc);
}

/** Whether rows of six are boxes that the model has chosen itself; six are also five and one class. */
function isEnd2end(
  rows: number | null,
  threePerCell: boolean,
  cells: ReadonlySet<number>,
  { metadata, expectedNc }: LayoutClues,
): boolean {
  if (metadata.end2end || metadata.nms) return true;
  if (rows === null) return metadata.task !== null || expectedNc !== 1;
  return !threePerCell && !cells.has(rows);
}

function layout(head: HeadName, nc: number | null, warnings: readonly string[] = []): Layout {
  return { head, nc, warnings };
}

/** How many cells the grids have together, for every run of neighbouring strides that starts at 4, 8 or 16 and ends by 128. */
function cellCounts(width: number, height: number): ReadonlySet<number> {
  const counts = new Set<number>();
  for (let finest = 4; finest <= 16; finest *= 2) {
    let cells = (width / finest) * (height / finest);
    for (let stride = finest * 2; stride <= 128; stride *= 2) {
      cells += (width / stride) * (height / stride);
      counts.add(cells);
    }
  }
  return counts;
}

function unusualCount(head: HeadName, boxes: number, { width, height, expectedNc }: LayoutClues): string {
  return (
    `${boxes} boxes are not what grids of a ${width}×${height} input make; the output is read as ` +
    `${HEADS[head].layout} because that leaves ${expectedNc} classes.`
  );
}

function unreadable(output: TensorInfo, expectedNc: number): UserError {
  const layouts = Object.values(HEADS).map((head) => head.layout);
  const [first, second] = [lengthOf(output.shape[1]), lengthOf(output.shape[2])];
  const transposed =
    second === 4 + expectedNc || first === 5 + expectedNc
      ? ' It looks like one of them with its last two dimensions swapped, or like a DETR model.'
      : '';
  return new UserError(
    'model',
    `The output ${describeTensor(output)} must be ${layouts.join(' or ')}, here with ${expectedNc} classes.${transposed}`,
    'Export the model with yolov5 (`python export.py --include onnx`) or Ultralytics (`yolo export format=onnx`), ' +
      'and check that data.yaml is the one it was trained on.',
  );
}
