import { parseArgs } from 'node:util';
import { mulberry32, sampleIndices } from './calibrate/random.ts';
import { check } from './check.ts';
import { messageOf, UserError } from './errors.ts';
import { loadInputs } from './inputs.ts';
import type { Log } from './log.ts';
import { readModelFile } from './onnx/model-file.ts';
import { type Analysis, analyzeModel } from './prune/analyze.ts';
import { pruneModel } from './prune/prune-model.ts';
import type { NativeBase } from './runtime/load.ts';
import { ScratchFolder } from './scratch.ts';
import { COST_IMAGES, layerCosts } from './sensitivity.ts';
import { Trials } from './trials.ts';
import { arrange, startDetectPool } from './validate/detect.ts';

/** What `yolo-prune analyze` is asked for. */
export interface AnalyzeOptions {
  readonly model: string;
  /** data.yaml whose images the layers' cost is measured on; `null`: the weights alone are looked at. */
  readonly data: string | null;
  readonly json: boolean;
}

/** @throws {UserError} when they are not one model and the options that there are. */
export function readAnalyzeOptions(args: readonly string[]): AnalyzeOptions {
  const remedy = 'Name the exported .onnx file: `yolo-prune analyze best.onnx [--data data.yaml] [--json]`.';
  try {
    const options = { data: { type: 'string' }, json: { type: 'boolean' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [model, ...others] = positionals;
    if (model !== undefined && others.length === 0)
      return { model, data: values.data ?? null, json: values.json ?? false };
  } catch (error) {
    throw new UserError('input', `${messageOf(error)}.`, remedy, { cause: error });
  }
  throw new UserError(
    'input',
    `\`yolo-prune analyze\` takes one model, but it was given ${args.join(' ') || 'nothing'}.`,
    remedy,
  );
}

/** Amount at which each layer is pruned alone. */
const TRIED = 0.3;

/**
 * Looks at a model's layers: by their weights, and where there is a data set by what pruning each alone takes from the
 * detections.
 *
 * @param nativeBase asked for where models have to run.
 * @throws {UserError} when model or data set are wrong.
 */
export async function analyze(
  { model, data }: AnalyzeOptions,
  nativeBase: () => Promise<NativeBase>,
  stop: AbortSignal,
  log: Log,
): Promise<Analysis> {
  if (data === null) return analyzeModel(await readModelFile(model), null);
  const given: Partial<Record<string, string>> = { model, data };
  const inputs = await loadInputs((name) => given[name] ?? '', {
    temporaryFolder: undefined,
  });
  const pool = startDetectPool(await nativeBase(), arrange(inputs.threads), 'cpu');
  const scratch = new ScratchFolder(stop);
  try {
    const checked = await check(inputs, pool, scratch, log);
    const { images } = checked.dataset;
    const chosen = [...sampleIndices(mulberry32(inputs.seed), images.length, COST_IMAGES)];
    const trials = new Trials(
      pool,
      checked.plan,
      chosen.map((index) => images[index]!),
    );
    const pruned = pruneModel(checked.model, { method: 'l1', amount: TRIED, exclude: [] });
    const costs = await layerCosts(trials, checked, pruned, scratch, log);
    return analyzeModel(checked.model, new Map(costs.map(({ name, lost }) => [name, lost])));
  } finally {
    scratch.remove();
    await pool.close();
  }
}
