import * as core from '@actions/core';
import { shortName } from '../report/escape.ts';
import type { Report } from '../report/report.ts';

/** GitHub takes 4,096 bytes an annotation. */
const LONGEST_LINE = 1000;

/** GitHub shows so many annotations of a kind and step, and drops the rest without a word. */
export const ANNOTATIONS = 10;

/**
 * One line a broken rule, the worst first, on data.yaml: errors, or warnings where a failed verdict is only to be reported.
 */
export function annotateVerdict({ verdict }: Report, dataFile: string, kind: 'error' | 'warning'): void {
  const { reasons } = verdict;
  const shown = reasons.length <= ANNOTATIONS ? reasons : reasons.slice(0, ANNOTATIONS - 1);
  const lines =
    reasons.length > shown.length ? [...shown, `${reasons.length - shown.length} more rules failed.`] : shown;
  const annotate = kind === 'error' ? core.error : core.warning;
  for (const line of lines) annotate(shortName(line, LONGEST_LINE), { title: 'YOLO Prune', file: dataFile });
}
