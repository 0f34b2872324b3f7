import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { messageOf } from '../errors.ts';

/** GitHub's REST and GraphQL interface. */
export type Api = ReturnType<typeof getOctokit>;

/** How often a request that fails by the server's fault is made again. */
const RETRIES = 3;

/** @param pause milliseconds before the first of the repeated requests; each further one waits longer. */
export function openApi(token: string, baseUrl: string, pause = 1000): Api {
  const options = {
    baseUrl,
    retry: { retries: RETRIES, retryAfterBaseValue: pause },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  };
  return getOctokit(token, options, retry);
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
  return messageOf(error);
}
