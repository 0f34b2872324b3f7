// Preloaded: counts the calls that touch files or start processes, writes their number to COUNT_FILE at the end, and kills
// its own process without warning before the call KILL_AT.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { COUNT_FILE, KILL_AT } = process.env;
const writeFileSync = fs.writeFileSync;
let calls = 0;

function count(module, names) {
  for (const name of names) {
    const real = module[name];
    module[name] = (...args) => {
      calls++;
      if (calls === Number(KILL_AT)) process.kill(process.pid, 'SIGKILL');
      return real(...args);
    };
  }
}

count(fs.promises, ['cp', 'mkdir', 'mkdtemp', 'readdir', 'readFile', 'rename', 'rm', 'stat', 'writeFile']);
count(fs, ['createReadStream', 'existsSync']);
count(childProcess, ['execFile', 'spawn']);
syncBuiltinESMExports();
process.on('exit', () => writeFileSync(COUNT_FILE, String(calls)));
