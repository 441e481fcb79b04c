import type { Sandbox } from '../ports.ts';
import { bubblewrapLaunch } from './bubblewrap-launch.ts';
import { inspectHost } from './host.ts';
import { supervise } from './supervise.ts';

/** Opens the sandbox of this machine. */
export const openSandbox = async (): Promise<Sandbox> => {
  const host = inspectHost();
  return {
    id: 'bubblewrap-full/1',
    run: (command) => supervise(() => bubblewrapLaunch(host, command, 'overlay'), command.limits, 'run').ended,
    start: (command) => supervise(() => bubblewrapLaunch(host, command, 'overlay'), command.limits, 'start'),
  };
};
