import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Level } from '../../../../pipeline/sandbox/index.ts';
import { project } from '../../../sources.ts';

const README: Record<Level, string | null> = {
  'bubblewrap-full': null,
  'bubblewrap-bound-proc': 'pipeline/sandbox/bound-proc/README.md',
  container: 'pipeline/sandbox/container/README.md',
  landlock: 'pipeline/sandbox/landlock/README.md',
};

export type Starter = 'root' | 'ordinary';

/**
 * Names of attacks that a level's README says it does not repel: list items in code marks, those in a list of their own
 * only when an ordinary user starts it.
 */
export const uncoveredBy = (level: Level, starter: Starter): Set<string> => {
  const path = README[level];
  const text = path === null ? '' : readFileSync(join(project, path), 'utf8');
  const [always = '', by_ordinary_user = ''] = text.split(/^Started by an ordinary user, also:$/m);
  const lists = starter === 'root' ? always : always + by_ordinary_user;
  return new Set([...lists.matchAll(/^- `([^`]+)`/gm)].map(([, name]) => name!));
};
