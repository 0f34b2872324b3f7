import { describe, expect, test } from 'vitest';
import { explain, openApi } from '../../src/github/api.ts';
import { marker, writeComment } from '../../src/github/comment.ts';
import { earlier, markOf, playPullRequest, talk, written } from '../helpers/pull-request.ts';
import type { Handlers } from '../helpers/server.ts';

const PLACE = { owner: 'o', repo: 'r', issue_number: 7 };
const MARK = markOf('best.onnx');
const COMMENTS = '/repos/o/r/issues/7/comments';

async function comment(
  comments: Parameters<typeof playPullRequest>[0],
  { first = [], create = true }: { readonly first?: Handlers; readonly create?: boolean } = {},
) {
  await using server = await playPullRequest(comments, ...first);
  const result = await writeComment(openApi('token', server.url, 1), PLACE, MARK, 'new', create).catch(
    (error: unknown) => error,
  );
  return { result, sent: written(server), all: server.requests };
}

test('the first comment is added, with its marker', async () => {
  const { result, sent } = await comment([talk(1)]);
  expect(result).toBe('added');
  expect(sent).toEqual([{ what: `POST ${COMMENTS}`, text: `${MARK}\nnew` }]);
});

test('the own comment is found behind 300 others and changed', async () => {
  const comments = [...Array.from({ length: 300 }, (_, i) => talk(i + 1)), earlier(999, MARK)];
  const { result, sent, all } = await comment(comments);
  expect(result).toBe('changed');
  expect(sent).toEqual([{ what: 'PATCH /repos/o/r/issues/comments/999', text: `${MARK}\nnew` }]);
  expect(all.filter(({ method }) => method === 'GET')).toHaveLength(4);
});

test("somebody else's comment with the marker is not touched", async () => {
  const { sent } = await comment([earlier(5, MARK, 'somebody')]);
  expect(sent).toMatchObject([{ what: `POST ${COMMENTS}` }]);
});

test('a token that may not ask its name is taken for the workflow', async () => {
  const denied: Handlers = [[/^POST \/graphql/, () => ({ status: 403, json: { message: 'no' } })]];
  const { sent } = await comment([earlier(5, MARK)], { first: denied });
  expect(sent).toMatchObject([{ what: 'PATCH /repos/o/r/issues/comments/5' }]);
});

test('where only an existing comment is to be changed, none is added', async () => {
  expect(await comment([talk(1)], { create: false })).toMatchObject({ result: null, sent: [] });
});

test('what the server fails at is tried again', async () => {
  let failures = 2;
  const flaky: Handlers = [
    [
      /^POST .*\/comments/,
      () => (failures-- > 0 ? { status: 502 } : { status: 201, json: { html_url: 'added' } }),
    ],
  ];
  const { result, sent } = await comment([], { first: flaky });
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
    const { result } = await comment([], { first: refused });
    expect(explain(result, 'pull-requests: write')).toMatch(message);
  });
});

test('each workflow, job and model has a marker of its own', () => {
  expect(marker(['CI', 'prune', 'a-->b'])).toMatch(/^<!-- yolo-prune-action [0-9a-f]{16} -->$/);
  expect(marker(['CI', 'prune', 'a'])).not.toBe(marker(['CI', 'prune', 'b']));
});
