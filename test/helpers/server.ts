import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What to answer: a JSON body, or nothing but a status. */
export interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Plays a service: the first handler whose `METHOD /path` pattern fits answers. */
export interface PlayedServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Received[];
}

export type Handlers = readonly (readonly [pattern: RegExp, answer: (received: Received) => Answer])[];

/** A local server that plays GitHub; requests that nobody handles get 404. */
export async function play(handlers: Handlers): Promise<PlayedServer> {
  const requests: Received[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const { headers } = request;
      const received = { method: request.method!, path: request.url!, headers, body };
      requests.push(received);
      const handler = handlers.find(([pattern]) => pattern.test(`${received.method} ${received.path}`));
      const {
        status = 200,
        json,
        headers: answered = {},
      } = handler?.[1](received) ?? { status: 404, json: { message: 'Not Found' } };
      response.writeHead(status, { 'content-type': 'application/json', ...answered });
      response.end(json === undefined ? '' : JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
