/**
 * Runs inside a network namespace whose loopback device has an address of the outside world, so that nothing can leave:
 * listens there, lets code in each sandbox connect to it, and prints how often it was reached, by level.
 */
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../../../pipeline/ports.ts';
import { type Level, openSandbox } from '../../../../pipeline/sandbox/index.ts';
import { printed } from './attack.ts';
import { makeField } from './field.ts';

const [address, ...levels] = process.argv.slice(2);
let connection_count = 0;
const server = createServer((socket) => {
  connection_count++;
  socket.destroy();
});
await new Promise<void>((resolve) => server.listen(0, address, resolve));
const { port } = server.address() as { port: number };

const reached = async (sandbox: Sandbox): Promise<number> => {
  const before = connection_count;
  const field = makeField(sandbox);
  const script = `use Socket; socket($s, PF_INET, SOCK_STREAM, 0) and connect($s, sockaddr_in(${port}, inet_aton("${address}")));`;
  printed(await field.perl(script));
  await sleep(50);
  field.decoys.remove();
  return connection_count - before;
};

const counts: Record<string, number> = {};
for (const level of levels) counts[level] = await reached(await openSandbox({ level: level as Level }));
counts['unsafe-local'] = await reached(await openSandbox({ unsafeLocal: true }));
server.close();
process.stdout.write(JSON.stringify(counts));
