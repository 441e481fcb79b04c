import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { Effects } from './command.ts';

const run = promisify(execFile);

interface Need {
  name: string;
  /** Exits 0 when the machine has it. */
  probe: [string, ...string[]];
  /** Debian package. */
  apt: string;
}

const needs: readonly Need[] = [
  { name: 'bubblewrap', probe: ['bwrap', '--version'], apt: 'bubblewrap' },
  { name: 'util-linux', probe: ['setpriv', '--version'], apt: 'util-linux' },
  { name: 'python3', probe: ['python3', '--version'], apt: 'python3' },
  { name: 'python3-venv', probe: ['python3', '-c', 'import venv, ensurepip'], apt: 'python3-venv' },
];

export const has = ([command, ...args]: Need['probe']): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** What the machine lacks of what set-up may install. */
export const missingNeeds = (): Need[] => needs.filter((need) => !has(need.probe));

/** Installs what is missing where this user may; otherwise says what to install, and what needs it complains by itself. */
export async function installMissing({ log }: Pick<Effects, 'log'>): Promise<void> {
  const missing = missingNeeds();
  if (missing.length === 0) return;
  const packages = missing.map((need) => need.apt);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !has(['apt-get', '--version'])) {
    log(
      `this machine lacks ${missing.map((need) => need.name).join(', ')}: install ${packages.join(' ')} with its package manager`,
    );
    return;
  }
  log(`installing ${packages.join(', ')} with apt-get`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-qq'], { env: environment });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env: environment });
  } catch (error) {
    log(`apt-get could not install ${packages.join(' ')}: ${(error as Error).message.split('\n').at(-1)}`);
  }
}
