// Tries each way to the network that Node has, in this thread, in a worker and in a process of its own. None of the
// addresses leads anywhere (RFC 5737, RFC 2606).
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { lookup } from 'node:dns/promises';
import https from 'node:https';
import net from 'node:net';
import { isMainThread, Worker } from 'node:worker_threads';

const ending = (emitter, ...events) =>
  new Promise((resolve) => {
    for (const event of events) emitter.on(event, resolve);
  });

await ending(net.connect(9, '192.0.2.1').setTimeout(1000), 'error', 'timeout');
await ending(https.get('https://a.invalid/'), 'error');
await fetch('http://b.invalid/').catch(() => {});
await lookup('c.invalid').catch(() => {});
const socket = dgram.createSocket('udp4');
await new Promise((resolve) => socket.send('x', 9, '192.0.2.2', resolve));
socket.close();

if (isMainThread && process.argv[2] !== 'again') {
  await ending(new Worker(new URL(import.meta.url), { argv: ['again'] }), 'exit');
  await ending(spawn(process.execPath, [import.meta.filename, 'again'], { stdio: 'inherit' }), 'exit');
}
