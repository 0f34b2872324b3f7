import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { INPUTS } from '../src/inputs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = ['.github/workflows', 'examples'].flatMap((folder) =>
  readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => `${folder}/${name}`),
);

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Workflow {
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, { readonly steps?: readonly Step[]; readonly uses?: string }>>;
}

/** Runs a tool over all workflows; null where it is not installed (`.ci/run` installs both). */
function run(
  tool: string,
  args: readonly string[],
): { readonly status: number; readonly said: string } | null {
  const { status, stdout, stderr, error } = spawnSync(tool, [...args, ...files], {
    cwd: root,
    encoding: 'utf8',
  });
  if (error) {
    console.error(`SKIPPED: workflows by ${tool} (it is not on the PATH).`);
    return null;
  }
  return { status: status!, said: stdout + stderr };
}

test.each([
  ['actionlint', []],
  ['zizmor', ['--offline', '--quiet', '--config', '.github/zizmor.yml']],
] as const)('%s finds nothing in the workflows and the examples', (tool, args) => {
  const result = run(tool, args);
  if (result !== null) expect(result.status, result.said).toBe(0);
});

describe.each(files)('%s', (file) => {
  const workflow = load(readFileSync(`${root}${file}`, 'utf8')) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);

  test('gives no permission to all jobs at once', () => {
    expect(workflow.permissions).toEqual({});
  });

  test('pins actions of others by their full commit, and leaves no token behind', () => {
    for (const { uses = './', with: given } of steps) {
      if (!/^(\.\/|org\/yolo-prune-action@v1$)/.test(uses)) expect(uses).toMatch(/^[\w./-]+@[0-9a-f]{40}$/);
      if (uses.startsWith('actions/checkout@')) expect(given?.['persist-credentials']).toBe(false);
    }
  });

  test('gives the action only inputs that it has', () => {
    const own = steps.filter(({ uses }) => uses === './' || uses?.startsWith('org/yolo-prune-action@'));
    for (const { with: given = {} } of own)
      expect(Object.keys(INPUTS)).toEqual(expect.arrayContaining(Object.keys(given)));
  });
});
