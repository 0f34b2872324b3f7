import { marker } from '../../src/github/comment.ts';
import { type Handlers, type PlayedServer, play } from './server.ts';

/** A comment as GitHub's REST interface tells of it. */
export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly login: string };
}

export const WORKFLOW_BOT = 'github-actions[bot]';

/** What somebody else says. */
export function talk(id: number): Comment {
  return { id, body: `talk ${id}`, user: { login: 'somebody' } };
}

/** What an earlier run wrote for the model, or somebody who took its marker. */
export function earlier(id: number, mark: string, login = WORKFLOW_BOT): Comment {
  return { id, body: `${mark}\nold`, user: { login } };
}

/** The marker of workflow `CI`, job `prune` and a model. */
export function markOf(model: string): string {
  return marker(['CI', 'prune', model]);
}

/** Plays GitHub for pull request 7 of o/r with these comments, a hundred a page. @param first go before the others. */
export async function playPullRequest(
  comments: readonly Comment[],
  ...first: Handlers
): Promise<PlayedServer> {
  const server: PlayedServer = await play([
    ...first,
    [/^POST \/graphql/, () => ({ json: { data: { viewer: { login: WORKFLOW_BOT } } } })],
    [
      /^GET \/repos\/o\/r\/issues\/7\/comments/,
      ({ path }) => {
        const page = Number(new URLSearchParams(path.split('?')[1]).get('page') ?? 1);
        const last = Math.max(1, Math.ceil(comments.length / 100));
        const next = `<${server.url}/repos/o/r/issues/7/comments?per_page=100&page=${page + 1}>; rel="next"`;
        return {
          json: comments.slice((page - 1) * 100, page * 100),
          headers: page < last ? { link: next } : {},
        };
      },
    ],
    [/^POST .*\/comments/, () => ({ status: 201, json: { id: 1, html_url: 'added' } })],
    [/^PATCH .*\/comments\/\d+/, () => ({ json: { id: 1, html_url: 'changed' } })],
  ]);
  return server;
}

/** What was written: `METHOD /path`, and the text of the comment. */
export function written({
  requests,
}: PlayedServer): readonly { readonly what: string; readonly text: string }[] {
  return requests
    .filter(({ method, path }) => method !== 'GET' && !path.includes('graphql'))
    .map(({ method, path, body }) => ({
      what: `${method} ${path}`,
      text: (JSON.parse(String(body)) as { readonly body: string }).body,
    }));
}
