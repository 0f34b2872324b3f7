import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { loadDataset } from '../src/dataset/dataset.ts';
import { labelPath } from '../src/dataset/paths.ts';
import { type Context, Needs } from './types.ts';

const DEMO = join(import.meta.dirname, '..', 'demo');

/** A model and the data that it is validated on. */
export interface Setting {
  readonly model: string;
  readonly data: string;
  readonly nc: number;
  /** Side of the network's input in pixels. */
  readonly imgsz: number;
}

/** A real detector on coco-mini; the embedded one where only the machinery is tried. */
export function settingOf({ quick, cases }: Context, name: 'yolov5n' | 'yolov8n'): Setting {
  if (quick)
    return {
      model: join(DEMO, 'model', 'best.onnx'),
      data: join(DEMO, 'data', 'data.yaml'),
      nc: 5,
      imgsz: 160,
    };
  if (cases === null) throw new Needs('the folder ../shared/cases (or YOLO_PRUNE_CASES)');
  return {
    model: join(cases, 'models', `${name}.onnx`),
    data: join(cases, 'data', 'coco-mini', 'data.yaml'),
    nc: 80,
    imgsz: 640,
  };
}

/** Makes a data set of so many images out of a smaller one: its pictures and label files again and again, under new names. */
export async function repeatedData(
  { folder }: Context,
  { data, nc }: Setting,
  count: number,
): Promise<string> {
  const target = join(folder, `data-${count}`);
  const yaml = join(target, 'data.yaml');
  if (existsSync(yaml)) return yaml;
  const { images } = await loadDataset(data, { split: 'val', family: 'yolov5', nc });
  for (const kind of ['images', 'labels']) mkdirSync(join(target, kind), { recursive: true });
  for (let i = 0; i < count; i++) {
    const { path } = images[i % images.length]!;
    const stem = String(i).padStart(6, '0');
    cpSync(path, join(target, 'images', `${stem}${extname(path)}`));
    if (existsSync(labelPath(path))) cpSync(labelPath(path), join(target, 'labels', `${stem}.txt`));
  }
  const names = Array.from({ length: nc }, (_, id) => `  ${id}: class ${id}\n`).join('');
  writeFileSync(yaml, `path: ${target}\ntrain: images\nval: images\nnames:\n${names}`);
  return yaml;
}
