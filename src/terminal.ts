import type { Log } from './log.ts';
import { logLine } from './report/escape.ts';

/**
 * The story of a run on a terminal: standard output, warnings on standard error. Names from outside may hold control
 * sequences that a terminal would obey, so every line is made printable.
 */
export const terminalLog: Log = {
  info: (line) => void process.stdout.write(`  ${logLine(line)}\n`),
  warning: (line) => void process.stderr.write(`  Warning: ${logLine(line)}\n`),
  group: (title, phase) => {
    process.stdout.write(`${logLine(title)}\n`);
    return phase();
  },
};
