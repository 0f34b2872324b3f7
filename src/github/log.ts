import * as core from '@actions/core';
import type { Log } from '../log.ts';

/**
 * The runner's log, with a group a phase.
 *
 * Lines may hold names from outside, so none may start a workflow command (`::error::…`, `##[group]…`); annotations go
 * through @actions/core, which escapes them.
 */
export const actionsLog: Log = {
  info: (line) => core.info(harmless(line)),
  warning: (line) => core.warning(line),
  group: (title, phase) => core.group(harmless(title), phase),
};

/** Breaks what the runner would read as a workflow command. */
export function harmless(text: string): string {
  return text.replace(/^(\s*):(?=:)/gm, '$1:\u200b').replace(/##(?=\[)/g, '##\u200b');
}
