import type { Batch, BatchResult } from './batch.ts';
import type { Family } from './formats/group.ts';

/** Files of one family and key belong together; a bare chat joins AutoCodeRover when its folder is a task of that. */
export function familyGroups(deferred: BatchResult['deferred']): Batch['groups'] {
  const rover = new Set(deferred.filter((entry) => entry.family === 'auto-code-rover').map((entry) => entry.key));
  const groups = new Map<string, Batch['groups'][number]>();
  for (const { family, key, blob } of [...deferred].sort((a, b) => (a.blob.uri < b.blob.uri ? -1 : 1))) {
    const home: Family = family === 'chat' && rover.has(key) ? 'auto-code-rover' : family;
    const name = home === 'chat' ? `chat\n${blob.uri}` : `${home}\n${key}`;
    const group = groups.get(name) ?? { family: home, blobs: [] };
    group.blobs.push(blob);
    groups.set(name, group);
  }
  return [...groups.values()];
}
