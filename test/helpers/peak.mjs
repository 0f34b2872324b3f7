// Preloaded: at the end each process adds the most memory that it held at once (VmHWM on Linux), in bytes, to PEAK_FILE.
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () =>
    appendFileSync(process.env.PEAK_FILE, `${process.resourceUsage().maxRSS * 1024}\n`),
  );
}
