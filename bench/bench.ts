// Every target of the speed of validation, measured in one run: `npm run bench -- [ROW ...] [--json FILE] [--python PYTHON]
// [--compare PYTHON] [--quick]`. docs/performance.md has the results, and what the rows mean.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROWS } from './rows.ts';
import { type Context, type Measured, Needs, type Row } from './types.ts';

interface Result extends Pick<Row, 'name' | 'what' | 'must' | 'aim'> {
  readonly value: number | null;
  readonly verdict: string;
  readonly parts: Measured['parts'];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    python: { type: 'string' },
    compare: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((wanted) => !ROWS.some((row) => isWanted(row, [wanted])));
if (unknown.length > 0) {
  console.error(
    `No row is called ${unknown.join(', ')}. There are: ${ROWS.map(({ name }) => name).join(', ')}`,
  );
  process.exit(1);
}
const cases = process.env.YOLO_PRUNE_CASES ?? join(import.meta.dirname, '..', '..', 'shared', 'cases');
const context: Context = {
  quick: values.quick,
  cases: existsSync(cases) ? cases : null,
  python: values.python ?? null,
  compare: values.compare ?? null,
  folder: mkdtempSync(join(tmpdir(), 'yolo-prune-bench-')),
};
console.log(
  `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), Node ${process.version}${context.quick ? ', quick: figures mean nothing' : ''}`,
);
const results: Result[] = [];
try {
  for (const row of ROWS) {
    if (positionals.length > 0 && !isWanted(row, positionals)) continue;
    const result = await measured(row);
    results.push(result);
    console.log(line(result));
    for (const [name, value] of Object.entries(result.parts))
      console.log(`    ${name.padEnd(34)} ${number(value)}`);
  }
} finally {
  rmSync(context.folder, { recursive: true, force: true });
}
console.log(`\n${table(results)}`);
if (values.json !== undefined) {
  const machine = { cores: availableParallelism(), model: cpus()[0]?.model.trim(), node: process.version };
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine, quick: context.quick, rows: results }, null, 2)}\n`,
  );
}

async function measured(row: Row): Promise<Result> {
  const { name, what, must, aim, better } = row;
  try {
    const { value, parts, ...limits } = await row.measure(context);
    const limit = limits.must ?? must;
    const holds = limit === null || (better === 'lower' ? value <= limit : value >= limit);
    const verdict = context.quick ? 'runs' : limit === null ? '' : holds ? 'holds' : 'MISSED';
    return { name, what, must: limit, aim: limits.aim ?? aim, value, verdict, parts };
  } catch (error) {
    if (!(error instanceof Needs)) {
      console.error(error);
      process.exitCode = 1;
      return { name, what, must, aim, value: null, verdict: 'FAILED', parts: {} };
    }
    return { name, what, must, aim, value: null, verdict: `needs ${error.message}`, parts: {} };
  }
}

function isWanted({ name }: Row, wanted: readonly string[]): boolean {
  return wanted.some((word) => name === word || name.startsWith(`${word}.`));
}

function line({ name, value, must, aim, verdict }: Result): string {
  const limits = must === null ? '' : `, must ${number(must)}, aim ${aim === null ? '-' : number(aim)}`;
  return `${name}: ${value === null ? verdict : `${number(value)} ${verdict}${limits}`}`;
}

function table(rows: readonly Result[]): string {
  const cells = rows.map(({ name, what, must, aim, value, verdict }) =>
    [`\`${name}\``, what, must, aim, value, verdict].map((cell) =>
      cell === null ? '' : typeof cell === 'number' ? number(cell) : cell,
    ),
  );
  const lines = [
    ['row', 'what', 'must', 'aim', 'measured', ''],
    ['---', '---', '---:', '---:', '---:', '---'],
    ...cells,
  ];
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function number(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
