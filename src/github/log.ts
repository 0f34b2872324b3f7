import * as core from '@actions/core';
import type { Log } from '../log.ts';
import { logLine } from '../report/escape.ts';
import { ANNOTATIONS } from './annotations.ts';

/**
 * The runner's log, with a group a phase.
 *
 * Lines may hold names from outside, so none may start a workflow command (`::error::…`, `##[group]…`) or hold what the
 * log's page obeys; annotations go through @actions/core, which escapes them.
 */
let warnings = 0;

export const actionsLog: Log = {
  info: (line) => core.info(harmless(logLine(line))),
  // GitHub shows ten a step and drops the rest without a word: those stand in the log alone.
  warning: (line) => {
    warnings++;
    if (warnings < ANNOTATIONS) core.warning(logLine(line));
    else if (warnings === ANNOTATIONS) core.warning('There are more warnings: see the log of this step.');
    if (warnings >= ANNOTATIONS) core.info(harmless(logLine(`Warning: ${line}`)));
  },
  group: (title, phase) => core.group(harmless(logLine(title)), phase),
};

/** Breaks what the runner would read as a workflow command. */
export function harmless(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1:\u200b').replace(/##(?=\[)/g, '##\u200b');
}
