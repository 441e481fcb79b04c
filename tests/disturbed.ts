import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { project } from './sources.ts';

/** How a program ended and what it said. */
export interface Said {
  code: number | null;
  out: string;
  err: string;
}

/** Runs a program to its end. */
export const say = (argv: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}): Promise<Said> => {
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (text) => out.push(String(text)));
  child.stderr.on('data', (text) => err.push(String(text)));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, out: out.join(''), err: err.join('') }));
  });
};

/** The small round up to a stage. */
export const roundUpTo = (stage: string): string[] => [process.execPath, join(project, 'tests/mini-round.ts'), stage];

/**
 * Runs the small round in a file system that is full, gives it room and runs it again; both in a mount namespace that is
 * gone with them. The first run's exit code and last words come before the second's digests.
 */
export const FULL_DISK = `
mount -t tmpfs -o size="$1" small .
cd "$PWD"
shift
words=$("$@" 2>&1 > /dev/null)
echo "$?"
printf '%s' "$words" | tail -c 1500 | tr '\\n' ' '
echo
mount -o remount,size=1g .
exec "$@"
`;

/** Makes every clock of the calendar jump: back by a year at the first look, and on by ten years after 300. */
export const JUMPING_CLOCK = `data:text/javascript,${encodeURIComponent(`
const RealDate = Date;
let looks = 0;
const year = 31_557_600_000;
const now = () => RealDate.now() + (looks++ < 300 ? -year : 10 * year);
globalThis.Date = class extends RealDate {
  constructor(...values) { if (values.length === 0) super(now()); else super(...values); }
  static now() { return now(); }
};
`)}`;
