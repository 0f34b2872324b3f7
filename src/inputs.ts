import { basename, dirname, join, resolve } from 'node:path';
import { type UserError, UserErrors } from './errors.ts';
import { METRIC_NAMES } from './gate/metric-names.ts';
import { CONFIDENCES } from './gate/rules.ts';
import { inputError, oneFile, oneModel, refuseStray, rootsOf } from './input-paths.ts';
import {
  amount,
  artifactName,
  boolean,
  duration,
  type InputValue,
  imageSize,
  lines,
  maxDrop,
  method,
  oneOf,
  optional,
  positiveInteger,
  required,
  share,
  text,
  thresholds,
  token,
  WORKFLOW_TOKEN,
  wholeNumber,
} from './input-values.ts';
import { parseMethod } from './prune/methods.ts';
import { BUDGETS } from './prune/reconstruct/budgets.ts';
import type { Roots } from './roots.ts';

/** One input of the action and option of the command line. */
interface InputSpec<T> {
  /** One sentence for action.yml, `--help` and the README. */
  readonly description: string;
  /** What an absent input stands for; `null`: it must be given. */
  readonly default: string | null;
  readonly parse: InputValue<T>;
}

function input<T>(parse: InputValue<T>, defaultText: string | null, description: string): InputSpec<T> {
  return { parse, default: defaultText, description };
}

/** Every input by its name: the one place that action.yml, the command line and the documentation are held against. */
export const INPUTS = {
  model: input(required(text), null, 'Path or glob of the trained model; must match exactly one .onnx file.'),
  data: input(required(text), null, 'YOLO data.yaml that names the images and classes.'),
  annotations: input(
    optional(text),
    '',
    'COCO instances_*.json with the ground truth, instead of label files.',
  ),
  amount: input(
    amount,
    '30%',
    'Share of the Conv weights to make zero: 30% or 0.3; several (20%,30%,40%) to take the largest that passes; or auto to find it.',
  ),
  rescue: input(
    boolean,
    'false',
    'Where the amount drops too much, whether to give weights back to the layers that cost most until it passes.',
  ),
  method: input(
    method,
    'l1',
    'Pruning method: l1, global, lamp, N:M such as 2:4, reconstruct or reconstruct-N:M; see docs/methods.md.',
  ),
  calibration: input(
    text,
    'train',
    'Images for methods that look at some: a split of data.yaml, a folder or a .txt list; labels are not needed.',
  ),
  'calibration-images': input(positiveInteger, '128', 'How many calibration images to use at most.'),
  augment: input(boolean, 'false', 'Whether each calibration image is also looked at mirrored and in part.'),
  seed: input(wholeNumber, '0', 'Seed of what is drawn at random: the same seed gives the same model.'),
  budget: input(
    oneOf(BUDGETS),
    'obs',
    'How reconstruct shares the zeros out among the layers: obs (by what they cost), lamp or uniform.',
  ),
  exclude: input(lines, '', 'Globs, one a line, over Conv node or weight names to leave alone.'),
  split: input(
    oneOf(['val', 'test', 'train']),
    'val',
    'Split of data.yaml to validate on: val, test or train.',
  ),
  protocol: input(
    oneOf(['auto', 'yolov5', 'ultralytics', 'coco']),
    'auto',
    'Whose rules make the figures: auto (by the model), yolov5, ultralytics or coco.',
  ),
  metric: input(
    oneOf(METRIC_NAMES),
    'mAP50-95',
    `Figure that decides the verdict: ${METRIC_NAMES.join(', ')}.`,
  ),
  'max-drop': input(
    maxDrop,
    '0.02',
    'Accepted drop of the metric: absolute (0.02), or with % relative to the unpruned model (5%).',
  ),
  baseline: input(
    text,
    '',
    'report.json of another run, such as that of the main branch, to hold the pruned model against.',
  ),
  'min-metric': input(optional(share), '', 'Least figure that the pruned model must reach.'),
  confidence: input(
    oneOf(CONFIDENCES),
    'point',
    'How sure a drop must be: point (the plain difference decides), certain (fail only if the 95 % interval lies above max-drop) or safe (fail unless it lies below).',
  ),
  thresholds: input(
    thresholds,
    '',
    'More rules, as YAML: by metric { max-drop, min }, per-class: { max-drop, min-labels }, max-slower, max-bytes.',
  ),
  imgsz: input(
    optional(imageSize),
    '',
    'Input size in pixels (640, or height x width: 480x864); only for models with a dynamic input.',
  ),
  conf: input(
    optional(share),
    '',
    'Confidence floor of detections; by default 0.001, as the reference validators use.',
  ),
  iou: input(
    optional(share),
    '',
    'IoU above which NMS suppresses a box; by default 0.6 (yolov5) or 0.7 (ultralytics).',
  ),
  'max-det': input(optional(positiveInteger), '', 'Detections kept per image; by default 300.'),
  device: input(
    oneOf(['auto', 'cpu', 'cuda', 'coreml', 'dml', 'webgpu']),
    'auto',
    'Where the models run: auto (an NVIDIA card where everything for it is there, else the CPU), cpu, cuda, coreml, dml or webgpu.',
  ),
  threads: input(wholeNumber, '0', 'Processor threads to use; 0 means all cores.'),
  timeout: input(
    optional(duration),
    '',
    'Time limit of the run: minutes, or with a unit such as 90s or 2h; by default none.',
  ),
  backup: input(
    optional(text),
    '',
    'Where the original is kept; by default NAME.unpruned.onnx beside the model.',
  ),
  output: input(optional(text), '', 'Where the pruned model goes; by default it replaces the model.'),
  'output-format': input(
    oneOf(['onnx', 'zstd']),
    'onnx',
    'onnx, or zstd to write a compressed copy beside the pruned model as well: NAME.onnx.zst.',
  ),
  'on-fail': input(
    oneOf(['restore', 'keep']),
    'restore',
    'After a failed verdict: restore (the model stays as it was) or keep (the pruned one is put there all the same).',
  ),
  'fail-on-drop': input(boolean, 'true', 'Whether a failed verdict fails the step; false only reports it.'),
  'report-dir': input(
    optional(text),
    '',
    'Folder for report.json and summary.md; by default yolo-prune-report in RUNNER_TEMP, else in the working directory.',
  ),
  'save-json': input(
    boolean,
    'false',
    "Whether to write both models' detections and the ground truth in COCO form into the report folder.",
  ),
  'allow-read': input(
    lines,
    '',
    'Folders outside of the workspace, one a line, that the data set and links may lead to; the command line reads everywhere.',
  ),
  cache: input(
    boolean,
    'true',
    "Whether the unpruned model's detections are remembered for later runs; never written from a fork's pull request.",
  ),
  'runtime-path': input(
    optional(text),
    '',
    'Prepared folder or archive of the native packages, for machines without network; its code runs, so never take it from the files of a pull request. See docs/runtime.md.',
  ),
  summary: input(boolean, 'true', 'Whether to write the job summary.'),
  comment: input(
    oneOf(['auto', 'always', 'never', 'on-fail']),
    'auto',
    'Comment on the pull request: auto (where there is one), always, never, or on-fail.',
  ),
  token: input(
    token,
    WORKFLOW_TOKEN,
    'Token for the comment (pull-requests: write) and the release (contents: write).',
  ),
  'artifact-name': input(
    artifactName,
    'yolo-prune-report',
    'Name of the artifact with the models and the report; none for no artifact.',
  ),
  'retention-days': input(
    wholeNumber,
    '0',
    "Days that GitHub keeps the artifact; 0 means the repository's default.",
  ),
  'release-tag': input(
    text,
    '',
    'Tag of an existing release that gets the pruned model, its SHA-256 and report.json after a pass.',
  ),
} as const;

export type InputName = keyof typeof INPUTS;

/** Inputs that name a place which is read or written. */
const PATHS = ['model', 'data', 'annotations', 'baseline', 'backup', 'output', 'report-dir'] as const;

type Parsed = { readonly [Name in InputName]: (typeof INPUTS)[Name] extends InputSpec<infer T> ? T : never };

/** All inputs, parsed and checked once. Paths are as the user wrote them, but `model` is the one file its glob matched. */
export type Inputs = Readonly<
  Omit<Parsed, 'backup' | 'output' | 'report-dir'> & {
    backup: string;
    output: string;
    'report-dir': string;
    /** Where files are read that no input names: the workspace, and what inputs name outside of it. */
    roots: Roots;
  }
>;

/** Where inputs come from: the text of one input, empty where it was not given. */
export type InputSource = (name: InputName) => string;

/** What the defaults of some inputs depend on. */
export interface InputSurroundings {
  /** The runner's folder for temporary files (`RUNNER_TEMP`), if any. */
  readonly temporaryFolder: string | undefined;
  /** The folder that a workflow works in (`GITHUB_WORKSPACE`); `undefined` where files may be read everywhere. */
  readonly workspace?: string | undefined;
}

/**
 * Reads, parses and checks every input.
 *
 * @throws {UserErrors} all that is wrong, together.
 */
export async function loadInputs(source: InputSource, surroundings: InputSurroundings): Promise<Inputs> {
  const errors: UserError[] = [];
  const parsed: Partial<Record<InputName, unknown>> = {};
  for (const name of Object.keys(INPUTS) as InputName[]) {
    const given = source(name).trim();
    const result = (INPUTS[name].parse as InputValue<unknown>)(given || (INPUTS[name].default ?? ''));
    if ('value' in result) parsed[name] = result.value;
    else errors.push(inputError(name, result.must, given, result.remedy));
  }
  const values = parsed as Parsed;
  const model = values.model ? await oneModel(values.model, errors) : '';
  if (values.data) await oneFile('data', 'data.yaml', values.data, errors);
  if (values.annotations) await oneFile('annotations', 'JSON file', values.annotations, errors);
  if (values.baseline) await oneFile('baseline', 'report.json', values.baseline, errors);
  if (model && values.backup && resolve(values.backup) === resolve(values.output ?? model)) {
    errors.push(
      inputError(
        'backup',
        'a path of its own',
        values.backup,
        'The pruned model would go to the same place; name another.',
      ),
    );
  }
  const { workspace } = surroundings;
  const roots = errors.length > 0 ? null : rootsOf(workspace, values);
  for (const name of PATHS) {
    const path = name === 'model' ? model : values[name];
    if (path) refuseStray(name, path, workspace, roots, errors);
  }
  if (values.method && values.amount) refuseOtherAmounts(values, errors);
  if (errors.length > 0) throw new UserErrors(headline(errors.length), errors);
  return Object.freeze({
    ...values,
    model,
    backup: values.backup ?? defaultBackup(model),
    output: values.output ?? model,
    'report-dir': values['report-dir'] ?? join(surroundings.temporaryFolder || '.', 'yolo-prune-report'),
    roots,
  });
}

/** A pattern has its own amount, and weights are given back to one amount only. */
function refuseOtherAmounts({ amount, method, rescue }: Parsed, errors: UserError[]): void {
  const given = amount === 'auto' ? 'auto' : amount.map((share) => `${100 * share}%`).join(',');
  if (given === 'auto' || amount.length > 1) {
    const must = 'a single share';
    const pattern = parseMethod(method)?.pattern;
    if (pattern) {
      const why = `with the method ${method}`;
      const remedy = 'A pattern has its own amount: leave `amount` out, or choose another method.';
      errors.push(inputError('amount', `${must} ${why}`, given, remedy));
    }
    if (rescue) {
      const remedy = 'Choose one of them: auto and several amounts find one that passes by themselves.';
      errors.push(inputError('amount', `${must} with rescue`, given, remedy));
    }
  }
}

function headline(count: number): string {
  return count === 1 ? 'One input is wrong:' : `${count} inputs are wrong:`;
}

function defaultBackup(model: string): string {
  return join(dirname(model), basename(model).replace(/\.onnx$/i, '.unpruned.onnx'));
}
