import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { readyTasks } from '../../../../pipeline/sketch/spool/layout.ts';
import { GradientSketches } from '../../../../pipeline/sketch/spool/rows.ts';
import { safetensorsBytes } from '../../../../pipeline/sketch/spool/write.ts';
import { Database } from '../../../../pipeline/warehouse/database.ts';
import { readParquet } from '../../../../pipeline/warehouse/parquet.ts';
import { emulated, emulatedBuilt } from '../emulated.ts';
import { gradient, newFolder, spoolHalves, spoolWhole } from './fixtures.ts';

const job = fileURLToPath(new URL('../../../../jobs/workers/sketch-spool.ts', import.meta.url));
/** Launches that binding a device makes, to check its bits; two more per rank's file here. */
const AT_START = 5;

let home: string;
let spool: string;
beforeEach(async () => {
  home = newFolder('devices');
  spool = join(home, 'spool');
  mkdirSync(spool);
  writeFileSync(join(home, 'reference.safetensors'), safetensorsBytes(gradient(99)));
});

const fillSpool = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await spoolWhole(spool, `t${i}`, gradient(i));
  await spoolHalves(spool, 'cut', 3);
};

/** The whole job as a user starts it, on so many emulated devices. */
function drain(device: string, devices: number, { parts = device, fail = '', flags = [] as string[] } = {}) {
  const args = [
    '--spool',
    spool,
    '--parts',
    join(home, parts),
    '--library',
    emulated,
    '--k',
    '512',
    '--device',
    device,
  ];
  const reference = ['--reference', `val=${join(home, 'reference.safetensors')}`];
  const env = { ...process.env, SK_EMULATE_DEVICES: String(devices), SK_EMULATE_FAIL: fail };
  const { status, stdout, stderr } = spawnSync(process.execPath, [job, ...args, ...reference, ...flags], {
    encoding: 'utf8',
    env,
  });
  return { status, stderr, report: stdout ? JSON.parse(stdout) : null };
}

async function rowsIn(parts: string) {
  const database = await Database.open({ threads: 1 });
  const files = readdirSync(join(home, parts)).map((name) => join(home, parts, name));
  const rows = await readParquet(database, GradientSketches, files);
  database.close();
  return {
    isas: [...new Set(rows.map(({ isa }) => isa))],
    rows: rows.map((row) => ({ ...row, wall_ms: 0, isa: '' })),
  };
}

describe.skipIf(!emulatedBuilt)('a spool on devices', () => {
  test('has the rows of the processor: on one device, on three, after a launch that failed, with a device lost', async () => {
    const runs = [
      { device: 'cpu', devices: 3 },
      { device: 'cuda', devices: 3 },
      { device: 'auto', devices: 1, fail: `0:launch:${AT_START + 2}` },
      { device: 'auto', devices: 3, fail: `1:lost:${AT_START + 1}` },
    ];
    const results = [];
    for (const [i, { device, devices, fail }] of runs.entries()) {
      await fillSpool();
      const { status, report } = drain(device, devices, { parts: String(i), fail: fail ?? '' });
      expect(report).toMatchObject({ sketched: 6, refused: 0, failed: [] });
      expect(status).toBe(0);
      results.push({ ...(await rowsIn(String(i))), isa: report.isa });
    }
    const [processor, ...others] = results;
    expect([processor!.isa, ...processor!.isas]).not.toContain('cuda');
    for (const { rows, isa, isas } of others) {
      expect(rows).toEqual(processor!.rows);
      expect([isa, ...isas]).toEqual(['cuda', 'cuda']);
    }
    expect(processor!.rows.filter(({ status }) => status === 'complete')).toHaveLength(6);
  }, 300_000);

  test('keeps what its only device could not do, unmarked, for another run', async () => {
    await fillSpool();
    const { status, report } = drain('cuda', 1, { fail: `0:lost:${AT_START + 5}`, flags: ['--rows-per-part', '2'] });
    expect(status).toBe(1);
    expect(report).toMatchObject({ sketched: 1, refused: 0 });
    expect(report.failed).toHaveLength(5);
    for (const { error } of report.failed) expect(error).toMatch(/^cuda:0: .*ILLEGAL_ADDRESS/);
    expect((await rowsIn('cuda')).rows).toHaveLength(1);
    expect(readyTasks(spool)).toHaveLength(5);
    expect(drain('auto', 0, { parts: 'cuda' }).report).toMatchObject({ sketched: 5, failed: [] });
    expect((await rowsIn('cuda')).rows).toHaveLength(6);
  }, 300_000);

  test('asked for and not there is an error, before any task is touched', async () => {
    await fillSpool();
    expect(drain('cuda', 0)).toMatchObject({ status: 2, stderr: expect.stringContaining('--device cuda') });
    expect(drain('gpu', 1)).toMatchObject({ status: 2, stderr: expect.stringContaining('cpu, cuda, auto') });
    expect(readyTasks(spool)).toHaveLength(6);
  }, 300_000);
});
