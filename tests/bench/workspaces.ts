/**
 * What a private writable copy of a tree costs in each run, for a small tree and a large one, in turn; the time of the same
 * command without a copy is printed beside it. Usage: node tests/bench/workspaces.ts [--runs 40]
 */
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Sandbox, SandboxCommand } from '../../pipeline/ports.ts';
import { openSandbox } from '../../pipeline/sandbox/index.ts';
import { median } from './statistics.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '40' } } });
const runs = Number(values.runs);

const FILE_BYTES = 20_000;
const TREES = [
  { name: '5 MB, 250 files', files: 250 },
  { name: '200 MB, 10,000 files', files: 10_000 },
] as const;

const limits = {
  wall_ms: 60_000,
  cpu_s: 60,
  memory_bytes: 2 ** 30,
  process_count: 16,
  output_bytes: 10_000,
  file_bytes: 64 * 2 ** 20,
};

const makeTree = (root: string, file_count: number): void => {
  const text = 'x'.repeat(FILE_BYTES);
  for (let i = 0; i < file_count; i++) {
    const directory = join(root, `d${i % 100}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${i}.txt`), text);
  }
  chownSync(root, process.geteuid!(), process.getegid!());
};

const command = (source: string, writable: boolean): SandboxCommand => ({
  argv: [
    '/bin/sh',
    '-c',
    writable ? 'echo more >> /repo/d0/f0.txt && : > /repo/new' : 'read -r line < /repo/d0/f0.txt; true',
  ],
  binds: [{ source, target: '/repo' }],
  cwd: '/repo',
  environment: { PATH: '/usr/bin:/bin' },
  limits,
  ...(writable ? { writable: '/repo' } : {}),
});

const once = async (sandbox: Sandbox, what: SandboxCommand): Promise<number> => {
  const started = performance.now();
  const { end, exit_code, detail, stderr } = await sandbox.run(what);
  if (end !== 'exited' || exit_code !== 0) throw new Error(`a run ended by ${end}: ${detail} ${stderr}`);
  return performance.now() - started;
};

const sandbox = await openSandbox();
const folder = mkdtempSync(join(tmpdir(), 'bench-workspaces-'));
try {
  const cases = TREES.flatMap(({ name, files }) => {
    const root = join(folder, String(files));
    makeTree(root, files);
    return [false, true].map((writable) => ({ name, writable, what: command(root, writable), ms: [] as number[] }));
  });
  for (const { what } of cases) await once(sandbox, what);
  for (let run = 0; run < runs; run++) for (const { what, ms } of cases) ms.push(await once(sandbox, what));
  console.log(`${sandbox.id}, ${runs} runs each, in turn; median and fastest ms a run`);
  for (const { name, writable, ms } of cases)
    console.log(
      `${name.padEnd(22)} ${writable ? 'writable copy' : 'read-only    '} ${median(ms).toFixed(1).padStart(7)} ${Math.min(
        ...ms,
      )
        .toFixed(1)
        .padStart(7)}`,
    );
} finally {
  rmSync(folder, { recursive: true });
}
