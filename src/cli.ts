import './no-telemetry.ts';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { analyze, readAnalyzeOptions } from './analyze.ts';
import { messageOf, UserError, UserErrors } from './errors.ts';
import { INPUTS, type InputName, loadInputs } from './inputs.ts';
import { silent } from './log.ts';
import { deviceFor, memoryFolder, nativeBase } from './native-base.ts';
import { folderMemory } from './remember/folder.ts';
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
    '       yolo-prune analyze MODEL [--data DATA_YAML] [--json]   lists the Conv layers, their zeros, what l1 would take from each,',
    '                                  and with a data set what pruning each alone does to the detections',
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

async function tellAnalysis(args: readonly string[]): Promise<void> {
  const options = readAnalyzeOptions(args);
  // With --json the result alone goes to the standard output.
  const log = options.json ? { ...silent, warning: terminalLog.warning } : terminalLog;
  const base = () => nativeBase(import.meta.url, null, 'cpu', null, log);
  const analysis = await analyze(options, base, stopOnSignals(), log);
  if (options.json) process.stdout.write(`${JSON.stringify(analysis, null, 2)}\n`);
  else analysisLines(analysis).forEach(terminalLog.info);
}

async function main(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'report') return reportAgain(rest);
  if (command === 'analyze') return tellAnalysis(rest);
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help());
    return;
  }
  const inputs = await loadInputs((name) => String(options[name] ?? ''), {
    temporaryFolder: process.env.RUNNER_TEMP,
  });
  const runtime = await terminalLog.group('Prepare ONNX Runtime and sharp', async () => {
    const base = await nativeBase(import.meta.url, inputs['runtime-path'], inputs.device, null, terminalLog);
    return { base, device: await deviceFor(inputs.device, base, terminalLog) };
  });
  const memory = inputs.cache ? folderMemory(memoryFolder(), terminalLog) : null;
  const { report } = await run(inputs, terminalLog, runtime, stopOnSignals(), memory);
  if (!report.verdict.pass && inputs['fail-on-drop']) process.exitCode = 1;
}

// A reader such as `head` may leave before the end: what is under way goes on without one.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') fail(error);
  });
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

await main().catch(fail);
