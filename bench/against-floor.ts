import { arrangements, type FloorRunner, startFloor } from './floor.ts';
import { meanOfFastest } from './least.ts';
import { startPipeline } from './pipeline.ts';
import { settingOf } from './settings.ts';
import type { Context, Measured } from './types.ts';

/** How often one pass goes through the images: a worker that has none left at its end waits for the others. */
const REPEATS = 5;
/** Passes that are timed, and the least disturbed of them, which count. */
const PASSES = 6;
const COUNTED = 2;

/** Milliseconds an image of the bare session, on the arrangement that is fastest. */
export interface Floor {
  readonly runner: FloorRunner;
  /** Milliseconds an image by arrangement, such as `floor 2×1`. */
  readonly tried: Readonly<Record<string, number>>;
}

/** Tries every arrangement, and keeps the fastest ready. */
export async function bestFloor(model: string, images: number): Promise<Floor> {
  const tried: Record<string, number> = {};
  let best: { runner: FloorRunner; milliseconds: number } | null = null;
  for (const arrangement of arrangements()) {
    const runner = await startFloor(model, arrangement);
    await runner.measure(4);
    const passes = [await runner.measure(images), await runner.measure(images), await runner.measure(images)];
    const milliseconds = Math.min(...passes);
    tried[`floor ${arrangement.workers}×${arrangement.threads} ms`] = milliseconds;
    if (best === null || milliseconds < best.milliseconds) {
      await best?.runner.close();
      best = { runner, milliseconds };
    } else await runner.close();
  }
  return { runner: best!.runner, tried };
}

/**
 * The pipeline's time an image over that of the bare sessions, pass by pass in turns.
 *
 * @param models how many models share the decoding.
 */
export async function againstFloor(
  context: Context,
  name: 'yolov5n' | 'yolov8n',
  models: number,
): Promise<Measured> {
  const { model, data } = settingOf(context, name);
  const pipeline = await startPipeline(
    Array.from({ length: models }, () => model),
    data,
    context.quick ? 1 : REPEATS,
  );
  try {
    const { images } = await pipeline.measure();
    const floor = await bestFloor(model, context.quick ? 4 : 24);
    try {
      const bare: number[] = [];
      const whole: Awaited<ReturnType<typeof pipeline.measure>>[] = [];
      for (let pass = 0; pass < (context.quick ? 1 : PASSES); pass++) {
        bare.push(await floor.runner.measure(images));
        whole.push(await pipeline.measure());
      }
      const floorMilliseconds = meanOfFastest(bare, COUNTED);
      const milliseconds = meanOfFastest(
        whole.map((pass) => pass.millisecondsPerImage),
        COUNTED,
      );
      const { stages } = whole.toSorted((a, b) => a.millisecondsPerImage - b.millisecondsPerImage)[0]!;
      return {
        value: milliseconds / (models * floorMilliseconds),
        parts: {
          ...floor.tried,
          'floor ms': floorMilliseconds,
          'ms an image': milliseconds,
          'images a second': 1000 / milliseconds,
          'pixels ms': stages.pixels,
          'inference ms': stages.inference,
          'NMS ms': stages.decode,
        },
      };
    } finally {
      await floor.runner.close();
    }
  } finally {
    await pipeline.close();
  }
}
