import type { Attack } from './attack.ts';
import { FILES } from './files.ts';
import { KERNEL } from './kernel.ts';
import { NETWORK } from './network.ts';
import { PATCHES_AND_FILES } from './patches.ts';
import { PROCESSES } from './processes.ts';
import { RESOURCES } from './resources.ts';

/** Everything we know to try. */
export const ATTACKS: readonly Attack[] = [
  ...FILES,
  ...RESOURCES,
  ...PROCESSES,
  ...KERNEL,
  ...NETWORK,
  ...PATCHES_AND_FILES,
];
