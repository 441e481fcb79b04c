import { join, resolve } from 'node:path';
import { systemClock } from '../jobs/clock.ts';
import { takeLock } from '../jobs/lock.ts';
import { localObjects } from '../pipeline/adapters/local-objects.ts';
import { arenaPort } from '../pipeline/arena/port.ts';
import { runStage } from '../pipeline/runner.ts';
import type { Ports } from '../pipeline/stage.ts';
import { generate } from '../pipeline/stages/generate.ts';
import { prepare } from '../pipeline/stages/prepare.ts';
import { solve } from '../pipeline/stages/solve.ts';
import { validate } from '../pipeline/stages/validate.ts';
import { warmStartStage } from '../pipeline/stages/warm-start.ts';
import { Warehouse } from '../pipeline/warehouse/store.ts';
import { openTiny } from './tiny.ts';

/**
 * A small round 0 over the tiny libraries, as a process of its own, in the working directory. Prints the content digest
 * of every table it leaves. Started again in the same directory it goes on where it was killed. An argument names the last
 * stage to run.
 */
const buckets = 1 << 10;
const stages = [
  [prepare, { slowest_test_ms: 60_000 }],
  [generate, { candidates: 5, explore: 1 }],
  [validate, { reruns: 2 }],
  [warmStartStage, { buckets, tasks: 2 }],
  [solve, { attempts: 2 }],
] as const;

const root = resolve('warehouse');
const release = takeLock(join(root, '.lock'));
const world = await openTiny({ seeds: 'seeds', executions: resolve('executions') });
const { library, harness, syntax } = world;
const store = new Warehouse(root, world.database);
await store.clean();
const ports = {
  library,
  harness,
  syntax: Object.assign(syntax, { id: 'syntax' }),
  stopwatch: { id: 'stopwatch', now: () => performance.now() },
  objects: localObjects(root),
  arena: arenaPort({ harness, library, syntax, buckets }),
} as unknown as Ports;

const digests: Record<string, string> = {};
const last = process.argv[2];
for (const [stage, params] of stages) {
  const options = {
    store,
    round: 0,
    seed: 'mini',
    params,
    ports,
    progress: () => void world.cache.flush(),
    clock: systemClock,
  };
  const { manifest } = await runStage(stage, options);
  await world.cache.flush();
  for (const [table, { digest, rows }] of Object.entries(manifest.outputs))
    if (table !== 'ledger') digests[`${stage.name}/${table}`] = `${rows} rows ${digest}`;
  if (stage.name === last) break;
}
await world.close();
release();
process.stdout.write(`${JSON.stringify(digests)}\n`);
