import { describe, expect, test } from 'vitest';
import { explain, openApi } from '../../src/github/api.ts';
import { marker, writeComment } from '../../src/github/comment.ts';
import { type Handlers, play } from '../helpers/server.ts';

const PLACE = { owner: 'o', repo: 'r', issue_number: 7 };
const MARK = marker(['CI', 'prune', 'best.onnx']);
const COMMENTS = '/repos/o/r/issues/7/comments';

interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly login: string };
}

const other = (id: number): Comment => ({ id, body: `talk ${id}`, user: { login: 'somebody' } });
const ours = (id: number, login = 'github-actions[bot]'): Comment => ({
  id,
  body: `${MARK}\nold`,
  user: { login },
});

/** GitHub with these comments, a hundred a page. */
function github(comments: readonly Comment[], ...first: Handlers): Handlers {
  return [
    ...first,
    [/^POST \/graphql/, () => ({ json: { data: { viewer: { login: 'github-actions[bot]' } } } })],
    [
      /^GET .*\/comments/,
      ({ path }) => {
        const page = Number(new URLSearchParams(path.split('?')[1]).get('page') ?? 1);
        const last = Math.max(1, Math.ceil(comments.length / 100));
        const next = `<http://${'127.0.0.1'}${COMMENTS}?per_page=100&page=${page + 1}>; rel="next"`;
        return {
          json: comments.slice((page - 1) * 100, page * 100),
          headers: page < last ? { link: next } : {},
        };
      },
    ],
    [/^POST .*\/comments/, () => ({ status: 201, json: { id: 1, html_url: 'added' } })],
    [/^PATCH .*\/comments\/\d+/, () => ({ json: { id: 1, html_url: 'changed' } })],
  ];
}

async function comment(handlers: Handlers, create = true) {
  await using server = await play(
    handlers.map(([pattern, answer]) => [
      pattern,
      (received) => {
        const answered = answer(received);
        const link = answered.headers?.link?.replace('http://127.0.0.1', server.url);
        return link === undefined ? answered : { ...answered, headers: { ...answered.headers, link } };
      },
    ]),
  );
  const result = await writeComment(openApi('token', server.url, 1), PLACE, MARK, 'new', create).catch(
    (error: unknown) => error,
  );
  const sent = server.requests.filter(({ method, path }) => method !== 'GET' && !path.includes('graphql'));
  return {
    result,
    sent: sent.map(({ method, path, body }) => `${method} ${path} ${body}`),
    all: server.requests,
  };
}

test('the first comment is added, with its marker', async () => {
  const { result, sent } = await comment(github([other(1)]));
  expect(result).toBe('added');
  expect(sent).toEqual([`POST ${COMMENTS} ${JSON.stringify({ body: `${MARK}\nnew` })}`]);
});

test('the own comment is found behind 300 others and changed', async () => {
  const comments = [...Array.from({ length: 300 }, (_, i) => other(i + 1)), ours(999)];
  const { result, sent, all } = await comment(github(comments));
  expect(result).toBe('changed');
  expect(sent).toEqual([expect.stringMatching(/^PATCH \/repos\/o\/r\/issues\/comments\/999 /)]);
  expect(all.filter(({ method }) => method === 'GET')).toHaveLength(4);
});

test("somebody else's comment with the marker is not touched", async () => {
  const { sent } = await comment(github([ours(5, 'somebody')]));
  expect(sent).toEqual([expect.stringMatching(/^POST /)]);
});

test('a token that may not ask its name is taken for the workflow', async () => {
  const denied: Handlers = [[/^POST \/graphql/, () => ({ status: 403, json: { message: 'no' } })]];
  const { sent } = await comment(github([ours(5)], ...denied));
  expect(sent).toEqual([expect.stringMatching(/^PATCH /)]);
});

test('where only an existing comment is to be changed, none is added', async () => {
  expect(await comment(github([other(1)]), false)).toMatchObject({ result: null, sent: [] });
});

test('what the server fails at is tried again', async () => {
  let failures = 2;
  const flaky: Handlers = [
    [
      /^POST .*\/comments/,
      () => (failures-- > 0 ? { status: 502 } : { status: 201, json: { html_url: 'added' } }),
    ],
  ];
  const { result, sent } = await comment(github([], ...flaky));
  expect(result).toBe('added');
  expect(sent).toHaveLength(3);
});

describe('what cannot be done is told so that it can be mended', () => {
  test.each([
    [403, {}, /403\): give the job `permissions: pull-requests: write`; a pull request from a fork/],
    [404, {}, /404\): give the job `permissions: pull-requests: write`/],
    [403, { 'x-ratelimit-remaining': '0' }, /limits the rate/],
    [422, {}, /too long/],
    [500, {}, /too long/],
  ] as const)('%i %j', async (status, headers, message) => {
    const refused: Handlers = [
      [/^POST .*\/comments/, () => ({ status, headers, json: { message: 'too long' } })],
    ];
    const { result } = await comment(github([], ...refused));
    expect(explain(result, 'pull-requests: write')).toMatch(message);
  });
});

test('each workflow, job and model has a marker of its own', () => {
  expect(marker(['CI', 'prune', 'a-->b'])).toMatch(/^<!-- yolo-prune-action [0-9a-f]{16} -->$/);
  expect(marker(['CI', 'prune', 'a'])).not.toBe(marker(['CI', 'prune', 'b']));
});
