import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { messageOf } from '../errors.ts';

/** GitHub's REST and GraphQL interface. */
export type Api = ReturnType<typeof getOctokit>;

/** How often a request that fails by the server's fault is made again. */
const RETRIES = 3;

/** GitHub itself gives a request up after ten seconds. */
const ANSWER_MILLISECONDS = 9000;

/**
 * A request that fails by the server's fault is made again, after longer and longer pauses; one that gets no answer at all
 * does not hold the step up: a host that cannot be connected to is tried twice, one that keeps silent once.
 *
 * @param pause milliseconds before the first of the repeated requests; each further one waits longer.
 * @param patience milliseconds to wait for an answer.
 */
export function openApi(token: string, baseUrl: string, pause = 1000, patience = ANSWER_MILLISECONDS): Api {
  const options = {
    baseUrl,
    retry: { retries: RETRIES, retryAfterBaseValue: pause },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  };
  // The plugin of repeated requests looks at each failure after this one has.
  return getOctokit(token, options, (octokit) => limitSilence(octokit as Api, patience), retry);
}

function limitSilence({ hook }: Api, patience: number): object {
  hook.wrap('request', async (request, options) => {
    // A model on its way to a release takes as long as it takes: its release has answered before.
    const limit = options.data instanceof Uint8Array ? undefined : AbortSignal.timeout(patience);
    // Hooks further in are bound to these very options.
    if (limit) options.request.signal = limit;
    try {
      return await request(options);
    } catch (error) {
      if (isUnanswered(error)) options.request.retries = limit?.aborted ? 0 : 1;
      throw error;
    }
  });
  return {};
}

/** Whether a request failed before any answer came. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof Error && 'request' in error && !('response' in error && error.response);
}

/** What a failed request means for the user, who may lack the permission. */
export function explain(error: unknown, permission: string): string {
  const { status, response } = error as {
    readonly status?: number;
    readonly response?: { readonly headers?: Readonly<Record<string, string>> };
  };
  const headers = response?.headers ?? {};
  if (
    status === 429 ||
    (status === 403 && (headers['x-ratelimit-remaining'] === '0' || headers['retry-after']))
  )
    return 'GitHub limits the rate of requests for this token at the moment';
  if (status === 401 || status === 403 || status === 404)
    return (
      `the token may not do that (${status}): give the job \`permissions: ${permission}\`; ` +
      'a pull request from a fork has a token that only reads'
    );
  if (isUnanswered(error)) {
    const { request } = error as { readonly request?: { readonly url: string } };
    return (
      `${new URL(request!.url).origin} cannot be reached (${messageOf(error)}): ` +
      "check the runner's network and proxy (HTTPS_PROXY)"
    );
  }
  return messageOf(error);
}
