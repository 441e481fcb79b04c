import type { Limits } from '../../pipeline/ports.ts';

export const MEBIBYTE = 1024 * 1024;

export const LIMITS: Limits = {
  wall_ms: 20_000,
  cpu_s: 20,
  memory_bytes: 1024 * MEBIBYTE,
  process_count: 64,
  output_bytes: MEBIBYTE,
  file_bytes: 4 * MEBIBYTE,
};

export const ENVIRONMENT = { PATH: '/usr/bin:/bin' };

/** A name no other process has, to look for on the host afterwards. */
let marker_count = 0;
export const marker = (): string => String(7_000_000 + process.pid * 100 + marker_count++);

/** Says which of some scripts did what they tried. */
export const failing = (scripts: readonly string[]): string =>
  scripts.map((script) => `(${script}) 2>/dev/null && echo "did: ${script.replace(/["$]/g, '')}"`).join('\n');
