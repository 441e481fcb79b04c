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

/** Names of attacks that a level's README says it does not repel: list items in code marks. */
export const uncoveredBy = (level: Level): Set<string> => {
  const path = README[level];
  const text = path === null ? '' : readFileSync(join(project, path), 'utf8');
  return new Set([...text.matchAll(/^- `([^`]+)`/gm)].map(([, name]) => name!));
};
