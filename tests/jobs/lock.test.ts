import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../jobs/lock.ts';
import { project } from '../sources.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  lock = join(folder, 'warehouse/.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hold = (holder: unknown): void => {
  takeLock(lock)();
  writeFileSync(lock, typeof holder === 'string' ? holder : JSON.stringify(holder));
};
const alone = (): string[] => readdirSync(join(folder, 'warehouse'));

/** A process that takes the lock and lives until it is killed. */
async function holding(): Promise<{ pid: number; kill(): Promise<void> }> {
  const code = `import { takeLock } from '${project}/jobs/lock.ts'; takeLock('${lock}'); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid!,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

describe('takeLock', () => {
  it('is held until it is let go, and leaves nothing behind', () => {
    const release = takeLock(lock);
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
    expect(() => takeLock(lock)).toThrow(
      /expected: no other job on this warehouse\n {2}found: process \d+ on .*\n {2}fix: wait for it/,
    );
    expect(alone()).toEqual(['.lock']);
    release();
    expect(existsSync(lock)).toBe(false);
    takeLock(lock)();
    expect(alone()).toEqual([]);
  });

  it('a live process keeps it, a killed one does not', async () => {
    const other = await holding();
    try {
      expect(() => takeLock(lock)).toThrow(`process ${other.pid} on ${hostname()}`);
    } finally {
      await other.kill();
    }
    takeLock(lock);
    expect(JSON.parse(readFileSync(lock, 'utf8')).pid).toBe(process.pid);
    expect(alone()).toEqual(['.lock']);
  });

  it.each([
    ['nothing: its writer was killed at once', ''],
    ['half a line', '{"pid": 12'],
    ['another thing', '[1]'],
    ['a process that is gone', { pid: 2 ** 22 + 7, host: hostname() }],
    ['an earlier process with the number of a living one', { pid: process.pid, host: hostname(), started: '1' }],
  ])('one that holds %s is taken over', (_, holder) => {
    hold(holder);
    takeLock(lock);
    expect(JSON.parse(readFileSync(lock, 'utf8')).pid).toBe(process.pid);
    expect(alone()).toEqual(['.lock']);
  });

  it('one of another machine is respected: nobody here can know', () => {
    hold({ pid: 2 ** 22 + 7, host: 'elsewhere' });
    expect(() => takeLock(lock)).toThrow('on elsewhere');
  });

  it('of many that find a dead one, one gets it', async () => {
    hold({ pid: 2 ** 22 + 7, host: hostname() });
    const code = `import { takeLock } from '${project}/jobs/lock.ts'; try { takeLock('${lock}'); console.log('mine'); setTimeout(() => {}, 1500); } catch { console.log('taken'); }`;
    const said = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        return new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text).trim())));
      }),
    );
    expect(said.filter((word) => word === 'mine')).toHaveLength(1);
  });
});
