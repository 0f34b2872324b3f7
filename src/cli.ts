import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UserError, UserErrors } from './errors.ts';
import { INPUTS, type InputName, loadInputs } from './inputs.ts';
import { nativeBase } from './native-base.ts';
import { readModelFile } from './onnx/model-file.ts';
import { analyzeModel } from './prune/analyze.ts';
import { analysisLines } from './report/analysis.ts';
import { renderAgain } from './report/write.ts';
import { run } from './run.ts';
import { stopOnSignals } from './stop.ts';
import { terminalLog } from './terminal.ts';

const NAMES = Object.keys(INPUTS) as InputName[];

/** The text of `--help`, made from the table of inputs. */
function help(): string {
  const options = NAMES.map((name) => {
    const { description, default: fallback } = INPUTS[name];
    const note = fallback === null ? ' (required)' : fallback === '' ? '' : ` [${fallback}]`;
    return `  --${name.padEnd(14)} ${description}${note}`;
  });
  return [
    'Usage: yolo-prune --model best.onnx --data data.yaml [--OPTION VALUE ...]',
    '       yolo-prune report FOLDER   makes report.html and summary.md of a report folder again',
    '       yolo-prune analyze MODEL [--json]   lists the Conv layers, their zeros, and what l1 would take from each',
    '',
    ...options,
    '',
  ].join('\n');
}

function readOptions(args: readonly string[]): Partial<Record<InputName | 'help', string | boolean>> {
  const options = {
    help: { type: 'boolean', short: 'h' },
    ...Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }])),
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw new UserError('input', `${messageOf(error)}.`, 'See `yolo-prune --help` for all options.', {
      cause: error,
    });
  }
}

function fail(thrown: unknown): never {
  if (thrown instanceof UserError || thrown instanceof UserErrors) console.error(`Error: ${thrown.message}`);
  else console.error('Unexpected error, please report it:', thrown);
  process.exit(1);
}

async function reportAgain([folder, ...rest]: readonly string[]): Promise<void> {
  if (folder === undefined || rest.length > 0)
    throw new UserError('input', '`yolo-prune report` takes one folder.', 'Name the one with report.json.');
  await renderAgain(folder);
  terminalLog.info(`${join(folder, 'report.html')} and summary.md are made from report.json`);
}

async function analyze(args: readonly string[]): Promise<void> {
  const models = args.filter((arg) => arg !== '--json');
  const [path] = models;
  if (path === undefined || models.length > 1 || path.startsWith('-'))
    throw new UserError(
      'input',
      `\`yolo-prune analyze\` takes one model and perhaps --json, but it was given ${args.join(' ') || 'nothing'}.`,
      'Name the exported .onnx file: `yolo-prune analyze best.onnx`.',
    );
  const analysis = analyzeModel(await readModelFile(path));
  if (args.length > models.length) process.stdout.write(`${JSON.stringify(analysis, null, 2)}\n`);
  else analysisLines(analysis).forEach(terminalLog.info);
}

async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'report') return reportAgain(rest);
  if (command === 'analyze') return analyze(rest);
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help());
    return;
  }
  const inputs = await loadInputs((name) => String(options[name] ?? ''), {
    temporaryFolder: process.env.RUNNER_TEMP,
  });
  const base = await terminalLog.group('Prepare ONNX Runtime and sharp', () =>
    nativeBase(import.meta.url, inputs['runtime-path'], null, terminalLog),
  );
  const { report } = await run(inputs, terminalLog, base, stopOnSignals());
  if (!report.verdict.pass && inputs['fail-on-drop']) process.exitCode = 1;
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

await main().catch(fail);
