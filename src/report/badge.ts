import type { Report } from './report.ts';
import { figure } from './text.ts';

/** A badge in the form that shields.io's endpoint reads. */
export interface Badge {
  readonly schemaVersion: 1;
  readonly label: string;
  readonly message: string;
  readonly color: string;
  readonly isError: boolean;
}

/** The verdict as a badge: the deciding metric of the pruned model and what it lost. */
export function badge({ verdict }: Report): Badge {
  const { pass, metric, after, drop } = verdict;
  return {
    schemaVersion: 1,
    label: `pruned ${metric}`,
    message: `${figure(after)} (${drop > 0 ? '−' : '+'}${figure(Math.abs(drop))})`,
    color: pass ? 'brightgreen' : 'red',
    isError: !pass,
  };
}
