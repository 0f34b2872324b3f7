import { createHash } from 'node:crypto';
import { type Api, isUnanswered } from './api.ts';

/** A pull request. */
export interface PullRequest {
  readonly owner: string;
  readonly repo: string;
  readonly issue_number: number;
}

/** GitHub refuses a longer comment. */
export const COMMENT_LIMIT = 65_000;

/** Who comments with a workflow's own token. */
const ACTIONS_BOT = 'github-actions[bot]';

/** Hidden line by which a comment is found again: one for each workflow, job and model. */
export function marker(parts: readonly string[]): string {
  return `<!-- yolo-prune-action ${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16)} -->`;
}

/**
 * Writes the one comment: changes the one that this author wrote with this marker, or else adds one.
 *
 * @param create false to change an existing comment only.
 * @returns its address, `null` where there was none to change.
 */
export async function writeComment(
  api: Api,
  place: PullRequest,
  hidden: string,
  markdown: string,
  create: boolean,
): Promise<string | null> {
  const body = `${hidden}\n${markdown}`;
  const author = await authorOf(api);
  const comments = api.paginate.iterator(api.rest.issues.listComments, { ...place, per_page: 100 });
  for await (const { data } of comments) {
    const own = data.find((comment) => comment.user?.login === author && comment.body?.startsWith(hidden));
    if (!own) continue;
    const { owner, repo } = place;
    const { data: changed } = await api.rest.issues.updateComment({ owner, repo, comment_id: own.id, body });
    return changed.html_url;
  }
  if (!create) return null;
  const { data: added } = await api.rest.issues.createComment({ ...place, body });
  return added.html_url;
}

/** The token's own name, since anybody can write the marker. */
async function authorOf(api: Api): Promise<string> {
  try {
    const { viewer } = await api.graphql<{ readonly viewer: { readonly login: string } }>(
      '{ viewer { login } }',
    );
    return viewer.login;
  } catch (error) {
    if (isUnanswered(error)) throw error;
    // Some tokens may not ask who they are; the workflow's own is the usual one.
    return ACTIONS_BOT;
  }
}
