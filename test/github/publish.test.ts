import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { playArtifactService } from '../helpers/artifact-service.ts';
import { publishAs } from '../helpers/publish.ts';
import { earlier, markOf, playPullRequest, talk, written } from '../helpers/pull-request.ts';
import { reportOf } from '../helpers/sample-report.ts';
import { type Handlers, play } from '../helpers/server.ts';

const COMMENTS = '/repos/o/r/issues/7/comments';
const MODEL = 'runs/best.onnx';

const RUN = 'https://github.com/o/r/actions/runs/99';

/** A comment without the line of links, which a summary without artifact has none of. */
function withoutLinks(text: string): string {
  return text.replace(`\n\n[Job summary](${RUN})`, '');
}

const passed = () => reportOf();
const failed = () => reportOf({ pass: false });

/** The warnings of a log, as the runner would read them. */
function warningsOf(log: string): readonly string[] {
  return [...log.matchAll(/^::warning[^:]*::(.*)$/gm)].map(([, message]) => message!);
}

describe('the comment on the pull request', () => {
  test('is added, and tells what the summary tells', async () => {
    await using github = await playPullRequest([talk(1)]);
    const { code, log, outputs, summary } = await publishAs(passed, { env: { GITHUB_API_URL: github.url } });
    expect([code, log]).toEqual([0, '']);
    const sent = written(github);
    expect(sent).toHaveLength(1);
    const { what, text } = sent[0]!;
    expect(what).toBe(`POST ${COMMENTS}`);
    expect(text.startsWith(`${markOf(MODEL)}\n## ✅ Pruning passed`)).toBe(true);
    expect(text).toContain(`[Job summary](${RUN})`);
    expect(withoutLinks(text)).toBe(`${markOf(MODEL)}\n${summary}`);
    expect(outputs).toMatchObject({
      verdict: 'pass',
      'metric-before': '0.5123',
      'metric-after': '0.5',
      sparsity: '0.3',
      'artifact-id': '',
    });
  });

  test('is changed by a later run, found behind 300 others and one who took its marker', async () => {
    const mark = markOf(MODEL);
    await using github = await playPullRequest([
      earlier(4, mark, 'somebody'),
      ...Array.from({ length: 300 }, (_, i) => talk(i + 10)),
      earlier(999, mark),
    ]);
    const { log } = await publishAs(failed, { env: { GITHUB_API_URL: github.url } });
    expect(warningsOf(log)).toEqual([]);
    expect(written(github)).toEqual([
      {
        what: 'PATCH /repos/o/r/issues/comments/999',
        text: expect.stringMatching(/^<!-- .* -->\n## ❌ Pruning failed/),
      },
    ]);
  });

  test.each([
    ['never', failed, [earlier(5, markOf(MODEL))], []],
    ['on-fail', passed, [], []],
    ['on-fail', passed, [earlier(5, markOf(MODEL))], ['PATCH /repos/o/r/issues/comments/5']],
    ['on-fail', failed, [], [`POST ${COMMENTS}`]],
  ] as const)('comment: %s', async (comment, report, comments, sent) => {
    await using github = await playPullRequest(comments);
    await publishAs(report, { inputs: { comment }, env: { GITHUB_API_URL: github.url } });
    expect(written(github).map(({ what }) => what)).toEqual(sent);
  });

  test('without a pull request nobody is asked, and `always` warns', async () => {
    await using github = await playPullRequest([]);
    const env = { GITHUB_API_URL: github.url };
    expect((await publishAs(passed, { env, event: {} })).log).toBe('');
    const always = await publishAs(passed, { inputs: { comment: 'always' }, env, event: {} });
    expect(warningsOf(always.log)).toEqual(['There is no pull request to comment on.']);
    expect(github.requests).toEqual([]);
  });

  test.each([
    [403, {}, /\(403\): give the job `permissions: pull-requests: write`; a pull request from a fork/],
    [404, {}, /\(404\): give the job `permissions: pull-requests: write`/],
    [422, {}, /Body is too long/],
    [403, { 'x-ratelimit-remaining': '0' }, /limits the rate of requests/],
    [403, { 'retry-after': '60' }, /limits the rate of requests/],
  ] as const)('refused with %i %j only warns', async (status, headers, message) => {
    const refuse = () => ({ status, headers, json: { message: 'Body is too long' } });
    await using github = await playPullRequest([], [/^POST .*\/comments/, refuse]);
    const { code, log, outputs, summary } = await publishAs(passed, { env: { GITHUB_API_URL: github.url } });
    expect(code).toBe(0);
    expect(warningsOf(log)).toEqual([expect.stringMatching(/^The pull request could not be commented on: /)]);
    expect(warningsOf(log)[0]).toMatch(message);
    expect(summary).toContain('Pruning passed');
    expect(outputs.verdict).toBe('pass');
    expect(written(github)).toHaveLength(1);
  });

  test('what the server fails at once is tried again', async () => {
    let failures = 1;
    const flaky: Handlers[number] = [
      /^POST .*\/comments/,
      () => (failures-- > 0 ? { status: 502 } : { status: 201, json: { html_url: 'added' } }),
    ];
    await using github = await playPullRequest([], flaky);
    const { log } = await publishAs(passed, { env: { GITHUB_API_URL: github.url } });
    expect(log).toBe('');
    expect(written(github)).toHaveLength(2);
  });
});

describe('the artifact', () => {
  const inputs = { 'artifact-name': 'pruned', comment: 'never' } as const;

  test('holds models and report, and its address is in outputs, summary and comment', async () => {
    await using service = await playArtifactService();
    await using github = await playPullRequest([]);
    const report = (folder: string) => {
      const sample = reportOf();
      const output = join(folder, 'best.onnx');
      const backup = join(folder, 'best.unpruned.onnx');
      return { ...sample, model: { ...sample.model, output, backup } };
    };
    const { log, outputs, summary } = await publishAs(report, {
      inputs: { ...inputs, comment: 'auto' },
      env: { ...service.env, GITHUB_API_URL: github.url },
    });
    expect(warningsOf(log)).toEqual([]);
    const url = 'https://github.com/o/r/actions/runs/99/artifacts/4711';
    expect(outputs).toMatchObject({ 'artifact-id': '4711', 'artifact-url': url });
    expect(summary).toContain(`(${url})`);
    expect(written(github)[0]!.text).toContain(`(${url})`);
    expect([...service.filesOf('pruned').keys()].sort()).toEqual([
      'best.onnx',
      'best.unpruned.onnx',
      'report/report.json',
    ]);
  });

  const failedUpload = (folder: string) => {
    const sample = reportOf({ pass: false });
    return { ...sample, model: { ...sample.model, backup: join(folder, 'best.unpruned.onnx') } };
  };

  test('is not to be had on GitHub Enterprise Server: a warning, and all else goes on', async () => {
    await using service = await playArtifactService();
    const { code, log, outputs, summary } = await publishAs(failedUpload, {
      inputs,
      env: { ...service.env, GITHUB_SERVER_URL: 'https://github.enterprise.test' },
    });
    expect(code).toBe(0);
    expect(warningsOf(log)).toEqual([
      expect.stringMatching(
        /^The artifact could not be uploaded: GitHub Enterprise Server .*upload-artifact@v3\)\.$/,
      ),
    ]);
    expect(outputs).toMatchObject({ verdict: 'fail', 'artifact-id': '', 'artifact-url': '' });
    expect(summary).toContain('Pruning failed');
    expect(service.server.requests).toEqual([]);
  });

  test('that the service refuses only warns', async () => {
    await using refusing = await play([[/^POST /, () => ({ status: 403, json: { msg: 'no' } })]]);
    await using service = await playArtifactService();
    const { code, log } = await publishAs(failedUpload, {
      inputs,
      env: { ...service.env, ACTIONS_RESULTS_URL: refusing.url },
    });
    expect(code).toBe(0);
    expect(warningsOf(log)).toEqual([expect.stringMatching(/^The artifact could not be uploaded: .*403/)]);
  });
});

describe('the release', () => {
  const inputs = { 'release-tag': 'v1', comment: 'never' } as const;

  test('that is missing only warns, and a failed model is not sent at all', async () => {
    await using github = await play([]);
    const env = { GITHUB_API_URL: github.url };
    const { code, log } = await publishAs(passed, { inputs, env });
    expect(code).toBe(0);
    expect(warningsOf(log)).toEqual([
      expect.stringMatching(
        /^The release got no files: .*\(404\): give the job `permissions: contents: write`/,
      ),
    ]);
    expect(github.requests.map(({ path }) => path)).toEqual(['/repos/o/r/releases/tags/v1']);
    await publishAs(failed, { inputs, env });
    expect(github.requests).toHaveLength(1);
  });
});

test('a summary that cannot be written only warns', async () => {
  const { code, log, outputs } = await publishAs(passed, {
    inputs: { comment: 'never' },
    env: { GITHUB_STEP_SUMMARY: '/nowhere/summary' },
  });
  expect(code).toBe(0);
  expect(warningsOf(log)).toEqual([expect.stringMatching(/^The job summary could not be written: /)]);
  expect(outputs.verdict).toBe('pass');
});

describe('names from outside are harmless', () => {
  test.each([
    '<img src=x onerror=alert(1)>',
    '::error::x',
    '##[error]x',
    'a | b',
    '`code` ```',
    'line\nbreak\r\n::error::y',
    'x'.repeat(4000),
    '\u202eright to left',
    'שלום',
    '--><script>alert(1)</script>',
    '@somebody #1 [x](https://127.0.0.1)',
  ])('%j', async (name) => {
    const hostile = () => {
      const report = reportOf({ pass: false, className: name, path: `runs/${name}.onnx` });
      const says = `mAP50-95 of class ${name} (9 labels) fell by 0.5000.`;
      return {
        ...report,
        verdict: {
          ...report.verdict,
          reasons: [says],
          rules: ['a', 'b'].map((rule) => ({
            ...{ rule: `thresholds: ${rule}`, subject: name, pass: false, measured: 1, limit: 0 },
            says,
          })),
          warnings: [`Class ${name} is odd.`],
        },
        validation: { ...report.validation, warnings: [`${name} is odd.`] },
      };
    };
    await using github = await playPullRequest([]);
    const { code, log, summary, outputs } = await publishAs(hostile, { env: { GITHUB_API_URL: github.url } });
    expect(code).toBe(0);
    // The one command is the annotation of the broken rule, in one line.
    expect(log.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^::error title=YOLO Prune,file=data\.yaml::mAP50-95 of class /),
    ]);
    const text = written(github)[0]!.text;
    expect(withoutLinks(text)).toBe(`${markOf(`runs/${name}.onnx`)}\n${summary}`);
    expect(summary).not.toMatch(/<(?!\/?(?:details|summary|code)>)/);
    expect(summary).not.toMatch(/^\s*::|##\[|[\r\u202a-\u202e\u2066-\u2069]|@somebody|\]\(https:\/\/127/m);
    const chart = /```mermaid\n[^`<|]*```/;
    expect(summary.replace(chart, '')).not.toContain('`');
    for (const table of summary.split('\n\n')) {
      const columns = table.split('\n').filter((line) => line.startsWith('|'));
      expect(new Set(columns.map((line) => line.split('|').length)).size).toBeLessThanOrEqual(1);
    }
    expect(outputs.model).toBe(`runs/${name}.onnx`);
  });
});
