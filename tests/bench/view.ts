/**
 * First paint and filters of the viewer over many tasks, and scrolling of a long trace, in the Chromium of this machine.
 * Processor time of the server is beside the wall time: on a busy machine it alone says something.
 *
 *   make bench-view            36,000 tasks, 12,000 attempts, a trace of 5,000 steps
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawTable } from '../../jobs/draw-table.ts';
import { serve } from '../../jobs/view/server.ts';
import { browse, missingBrowser } from '../browser/browser.ts';
import { longTraceId } from '../planted-rounds/attempts.ts';
import { plantRounds } from '../planted-rounds/index.ts';

const { values } = parseArgs({
  options: { tasks: { type: 'string', default: '36000' }, repeats: { type: 'string', default: '7' } },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const median = (times: number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]!;

const data = await mkdtemp(join(tmpdir(), 'socratic-bench-view-'));
const timed = async (work: () => Promise<unknown>) => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

const cases: [string, string][] = [
  ['round', 'round/1'],
  ['tasks', 'tasks?round=1'],
  ['tasks by word', 'tasks?round=1&q=clip+tally'],
  ['tasks by library and mistake', 'tasks?round=1&repository=tally&operator=arith'],
  ['tasks by cosine, page 30', 'tasks?round=1&sort=cosine.down&page=30'],
  ['traces by outcome', 'traces?round=1&outcome=resolved'],
  ['trace of 5,000 steps', `trace/1/${longTraceId}`],
];

if (missingBrowser() === null) {
  say('planting');
  await plantRounds(data, {
    rounds: 1,
    candidates: Number(values.tasks),
    attempted: 3000,
    attempts: 4,
    budget: 12_000,
    long_steps: 5000,
  });
  say('opening');
  let viewer = await serve(data, { log: say });
  await viewer.close();
  const opening = await timed(async () => {
    viewer = await serve(data, { log: say });
  });
  const browsing = await browse();
  const rows: object[] = [
    {
      what: 'opening the warehouse',
      first_ms: Math.round(opening),
      paint_ms: null,
      rows_alone_ms: null,
      rows_alone_cpu_ms: null,
    },
  ];
  for (const [what, path] of cases) {
    const painted: number[] = [];
    const served: number[] = [];
    const processor: number[] = [];
    for (let i = 0; i < Number(values.repeats); i++) {
      const before = process.cpuUsage();
      served.push(
        await timed(async () => (await fetch(`${viewer.address}${path}`, { headers: { 'x-part': '1' } })).text()),
      );
      const { user, system } = process.cpuUsage(before);
      processor.push((user + system) / 1000);
      const page = await browsing.open(`${viewer.address}${path}`);
      painted.push(
        Number(
          await page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now()",
          ),
        ),
      );
      await page.close();
    }
    rows.push({
      what,
      first_ms: Math.round(painted[0]!),
      paint_ms: Math.round(median(painted)),
      rows_alone_ms: Math.round(median(served)),
      rows_alone_cpu_ms: Math.round(median(processor)),
    });
  }
  process.stdout.write(`${drawTable(rows)}\n`);
  await browsing.close();
  await viewer.close();
}
await rm(data, { recursive: true, force: true });
