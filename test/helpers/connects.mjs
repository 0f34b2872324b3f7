// Preloaded into every thread and every Node process that it starts: writes each attempt to reach something by network as a
// line into CONNECTS_FILE, and lets only those go out that lead to one of CONNECTS_ALLOWED (`host:port`, separated by spaces).
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const { CONNECTS_FILE, CONNECTS_ALLOWED = '' } = process.env;
const allowed = new Set(CONNECTS_ALLOWED.split(' '));

/** @returns what is wrong with going there, if anything. */
function note(kind, target) {
  appendFileSync(CONNECTS_FILE, `${kind} ${target}\n`);
  if (allowed.has(target)) return null;
  return Object.assign(new Error(`${kind} ${target} ENETUNREACH`), { code: 'ENETUNREACH' });
}

// All of http, https, http2, tls and fetch end up here.
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [options] = args[0]?.[Symbol.toStringTag] === undefined ? net._normalizeArgs(args.flat()) : args;
  const { path, host = 'localhost', port } = options;
  const refusal = typeof path !== 'string' ? note('connect', `${host}:${port}`) : null;
  if (refusal === null) return connect.apply(this, args);
  process.nextTick(() => this.destroy(refusal));
  return this;
};

for (const [module, wrap] of [
  [
    dns,
    (refusal, args) =>
      process.nextTick(
        args.findLast((arg) => typeof arg === 'function'),
        refusal,
      ),
  ],
  [dns.promises, (refusal) => Promise.reject(refusal)],
]) {
  for (const name of Object.keys(module)) {
    if (!/^(lookup|resolve|reverse)/.test(name)) continue;
    const real = module[name];
    module[name] = (...args) => {
      const [host] = args;
      // Only a number to look up: nobody is asked.
      if (net.isIP(String(host)) !== 0 && name.startsWith('lookup')) return real(...args);
      return wrap(note('look up', String(host)), args);
    };
  }
}

const { send } = dgram.Socket.prototype;
dgram.Socket.prototype.send = function (...args) {
  note('send', args.filter((arg) => typeof arg === 'string' || typeof arg === 'number').join(' '));
  return send.apply(this, args);
};

syncBuiltinESMExports();
