import { expect, test } from 'vitest';
import { permitted } from '../../src/github/pull-request-target.ts';

const INPUTS = {
  summary: true,
  comment: 'auto',
  token: 'x',
  'artifact-name': 'report',
  'retention-days': 0,
  'release-tag': 'v1',
  'report-dir': 'report',
} as const;

test.each(['push', 'pull_request', 'workflow_run', 'schedule', ''])('%s changes nothing', (event) => {
  expect(permitted(event, INPUTS)).toEqual({ publishing: INPUTS, savesParts: true, warnings: [] });
});

test('on pull_request_target only what was set by hand is written', () => {
  const { publishing, savesParts, warnings } = permitted('pull_request_target', INPUTS);
  expect(publishing).toEqual({ ...INPUTS, comment: 'never', 'release-tag': '' });
  // What is saved there is what jobs of the default branch restore.
  expect(savesParts).toBe(false);
  expect(warnings).toHaveLength(2);
  for (const comment of ['always', 'on-fail', 'never'] as const)
    expect(permitted('pull_request_target', { ...INPUTS, comment }).publishing.comment).toBe(comment);
});
