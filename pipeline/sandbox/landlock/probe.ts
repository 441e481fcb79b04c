import type { SandboxCommand } from '../../ports.ts';

/** Prints one word for each thing that is not as it must be. Opens a kernel setting for appending but writes nothing. */
const CHECKS = `
[ "$(id -u)" != 0 ] || echo user-id
(: >> /proc/sys/kernel/core_pattern) 2>/dev/null && echo proc-sys
for path in / /proc /sys /var /home /root; do ls $path >/dev/null 2>&1 && echo host-files; done
(: > /usr/file) 2>/dev/null && echo usr
(: > /var/tmp/socratic-swe-probe) 2>/dev/null && echo outside && rm /var/tmp/socratic-swe-probe
(: > /tmp/file) 2>/dev/null || echo temporary-directory
(: > /probe/file) 2>/dev/null || echo private-copy
read -r line < /probe/README.md && [ "$line" = inside ] || echo overlaid-file
echo done >&3
`;

export const PROBE: SandboxCommand = {
  argv: ['/bin/sh', '-c', CHECKS],
  binds: [{ source: import.meta.dirname, target: '/probe' }],
  files: [{ target: '/probe/README.md', content: 'inside\n' }],
  writable: '/probe',
  cwd: '/',
  environment: { PATH: '/usr/bin:/bin' },
  limits: {
    wall_ms: 20_000,
    cpu_s: 10,
    memory_bytes: 256 * 1024 * 1024,
    process_count: 32,
    output_bytes: 64 * 1024,
    file_bytes: 8 * 1024 * 1024,
  },
};
