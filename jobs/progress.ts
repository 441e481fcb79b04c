import type { Effects } from './command.ts';

const width = 24;
const lineEveryMs = 10_000;

/** A bar on a terminal; elsewhere a line every 10 seconds. */
export function progressBar(
  { log, isTerminal }: Effects,
  name: string,
): { update(done: number, total: number, label?: string): void; end(): void } {
  let last = performance.now();
  let drawn = false;
  return {
    update(done, total, label = '') {
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const text = `${name.padEnd(11)} ${done}/${total} ${label}`;
      if (isTerminal) {
        const filled = Math.round(share * width);
        process.stderr.write(`\r\x1b[2K${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${text}`);
        drawn = true;
      } else if (performance.now() - last > lineEveryMs) {
        last = performance.now();
        log(`  ${text}`);
      }
    },
    end() {
      if (drawn) process.stderr.write('\r\x1b[2K');
    },
  };
}
