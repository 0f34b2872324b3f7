import { bestFloor } from './against-floor.ts';
import { meanOfFastest } from './least.ts';
import { secondsOfPeer } from './python.ts';
import { repeatedData, settingOf } from './settings.ts';
import { type Context, type Measured, Needs } from './types.ts';
import { type ActionRun, buildAction, runAction } from './whole-action.ts';

/** Images of coco-mini × 5. */
const IMAGES = 230;

/** Start to exit with two models, held against twice the floor and a second or so for everything else. */
export async function measureAction(context: Context): Promise<Measured> {
  const setting = settingOf(context, 'yolov5n');
  const images = context.quick ? 4 : IMAGES;
  const data = await repeatedData(context, setting, images);
  const floor = await bestFloor(setting.model, images);
  const built = buildAction();
  try {
    const bare: number[] = [];
    const seconds: number[] = [];
    for (let run = 0; run < (context.quick ? 1 : 3); run++) {
      bare.push(await floor.runner.measure(images), await floor.runner.measure(images));
      seconds.push((await runAction(context, built.folder, setting.model, data)).seconds);
    }
    const floorSeconds = (2 * images * meanOfFastest(bare, 2)) / 1000;
    const value = Math.min(...seconds);
    return {
      value,
      must: 1.1 * floorSeconds + 1.5,
      aim: 1.05 * floorSeconds + 0.8,
      parts: { ...floor.tried, '2 × images × floor s': floorSeconds, 'slowest run s': Math.max(...seconds) },
    };
  } finally {
    built.remove();
    await floor.runner.close();
  }
}

/** A run of the command line that finds the unpruned model's detections remembered, over one that does not. */
export async function measureRemembered(context: Context): Promise<Measured> {
  const setting = settingOf(context, 'yolov5n');
  const data = await repeatedData(context, setting, context.quick ? 4 : IMAGES);
  const built = buildAction();
  const run = (cache: 'true' | 'false') =>
    runAction(context, built.folder, setting.model, data, { cache }, 'cli');
  try {
    await run('true');
    const [without, remembered]: [number[], number[]] = [[], []];
    for (let pass = 0; pass < (context.quick ? 1 : 3); pass++) {
      without.push((await run('false')).seconds);
      const hit = await run('true');
      if (!hit.log.includes('are taken from there')) throw new Error(hit.log);
      remembered.push(hit.seconds);
    }
    const [withoutSeconds, rememberedSeconds] = [Math.min(...without), Math.min(...remembered)];
    return {
      value: rememberedSeconds / withoutSeconds,
      parts: { 'without s': withoutSeconds, 'remembered s': rememberedSeconds },
    };
  } finally {
    built.remove();
  }
}

/** How long `yolo val` takes twice, over the whole action on the same images. */
export async function measurePeers(context: Context): Promise<Measured> {
  if (context.compare === null) throw new Needs('--compare PYTHON with ultralytics and onnxruntime');
  const setting = settingOf(context, 'yolov5n');
  const data = await repeatedData(context, setting, context.quick ? 4 : 46);
  const built = buildAction();
  try {
    const runs: ActionRun[] = [];
    for (let run = 0; run < 3; run++) runs.push(await runAction(context, built.folder, setting.model, data));
    const action = Math.min(...runs.map(({ seconds }) => seconds));
    const val = secondsOfPeer(context.compare, ['val', setting.model, data, String(setting.imgsz)]);
    const loop = secondsOfPeer(context.compare, ['loop', setting.model, data]);
    return {
      value: (2 * val) / action,
      parts: { 'action s': action, '`yolo val` s': val, 'plain onnxruntime loop s': loop },
    };
  } finally {
    built.remove();
  }
}

let growth: Promise<readonly [few: ActionRun, many: ActionRun]> | null = null;

/** The whole action on ten times as many images. */
export async function measureGrowth(context: Context, of: 'memory' | 'time'): Promise<Measured> {
  growth ??= runFewAndMany(context);
  const [few, many] = await growth;
  const quantity = ({ seconds, peakBytes }: ActionRun) => (of === 'time' ? seconds : peakBytes / 1e6);
  const unit = of === 'time' ? 's' : 'MB';
  return {
    value: quantity(many) / quantity(few),
    parts: { [`few ${unit}`]: quantity(few), [`many ${unit}`]: quantity(many) },
  };
}

async function runFewAndMany(context: Context): Promise<readonly [ActionRun, ActionRun]> {
  const setting = settingOf(context, 'yolov5n');
  const few = context.quick ? 2 : 200;
  const built = buildAction();
  const run = async (count: number) =>
    runAction(context, built.folder, setting.model, await repeatedData(context, setting, count));
  try {
    return [await run(few), await run(10 * few)];
  } finally {
    built.remove();
  }
}
