import type { PublishInputs } from './publish.ts';

/** What a run may write where others see it, by the event that started its workflow. */
export interface Permitted {
  readonly publishing: PublishInputs;
  /** Whether installed packages may be put into the Actions cache. */
  readonly savesParts: boolean;
  /** What is not done, and why. */
  readonly warnings: readonly string[];
}

/**
 * Takes away what nobody asked for where a workflow runs on `pull_request_target`: its token may write, and it may save into the
 * cache of the default branch, while the model and the data set can be a stranger's.
 *
 * A comment that was set by hand (`always`, `on-fail`) stays; a file of a release never comes from there.
 */
export function permitted(event: string, inputs: PublishInputs): Permitted {
  if (event !== 'pull_request_target') return { publishing: inputs, savesParts: true, warnings: [] };
  const unasked = inputs.comment === 'auto';
  return {
    publishing: { ...inputs, comment: unasked ? 'never' : inputs.comment, 'release-tag': '' },
    savesParts: false,
    warnings: [
      'This workflow runs on pull_request_target: its token may write and it sees the secrets of the repository, while ' +
        `the model and the data set may be a stranger's. ${unasked ? NO_COMMENT : ''}` +
        'Run it on pull_request instead; docs/forks.md has two workflows that comment on forks safely.',
      ...(inputs['release-tag'] === '' ? [] : [NO_RELEASE]),
    ],
  };
}

const NO_COMMENT =
  'So nothing is written with the token; `comment: always` or `on-fail` would write a comment all the same. ';

const NO_RELEASE =
  'release-tag must not be given on pull_request_target, and nothing was attached: the release would get a model that a ' +
  'stranger may have made. Attach it from a workflow that runs on a push or a tag.';
