import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { explain, openApi } from '../../src/github/api.ts';
import { writeComment } from '../../src/github/comment.ts';
import { publishAs } from '../helpers/publish.ts';
import { reportOf } from '../helpers/sample-report.ts';

const PLACE = { owner: 'o', repo: 'r', issue_number: 7 };

/** A host that answers no request: it keeps silent, or hangs up. */
async function unanswering(meet: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    meet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address that nobody listens at. */
async function refusing(): Promise<string> {
  await using server = await unanswering(() => {});
  return server.url;
}

const commented = (url: string, patience?: number) =>
  writeComment(openApi('token', url, 1, patience), PLACE, '<!-- m -->', 'text', true).then(
    () => 'written',
    (error: unknown) => explain(error, 'pull-requests: write'),
  );

describe('a host that does not answer', () => {
  test('and keeps silent is asked once', async () => {
    await using server = await unanswering(() => {});
    expect(await commented(server.url, 100)).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+ cannot be reached \(The operation was aborted due to timeout\): check the runner's network and proxy/,
    );
    expect(server.sockets).toHaveLength(1);
  });

  test('and hangs up is asked twice', async () => {
    await using server = await unanswering((socket) => socket.destroy());
    expect(await commented(server.url)).toMatch(/cannot be reached/);
    expect(server.sockets).toHaveLength(2);
  });

  test('and cannot be connected to is told by its address', async () => {
    const url = await refusing();
    expect(await commented(url)).toContain(`${url} cannot be reached (`);
  });
});

describe('the step is not held up for more than ten seconds', () => {
  const inputs = { 'release-tag': 'v1' } as const;
  const expectWarned = async (url: string) => {
    const started = performance.now();
    const { code, log, outputs } = await publishAs(() => reportOf(), {
      inputs,
      env: { GITHUB_API_URL: url },
    });
    const seconds = (performance.now() - started) / 1000;
    expect(code).toBe(0);
    expect(log.match(/^::warning::.* cannot be reached/gm)).toHaveLength(2);
    expect(outputs.verdict).toBe('pass');
    // And what it takes to start a process.
    expect(seconds).toBeLessThan(13);
  };

  test('by a host that refuses', async () => expectWarned(await refusing()));

  test('by a host that keeps silent', async () => {
    await using server = await unanswering(() => {});
    await expectWarned(server.url);
  });
});
