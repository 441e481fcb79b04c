import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import { writeAtomic } from '../warehouse/files.ts';

/** Objects as files under a folder. */
export const localObjects = (root: string): ObjectStore => ({
  id: 'local-objects/1',
  put: (name, content) => writeAtomic(join(root, name), content),
  get: async (name) => {
    try {
      return await readFile(join(root, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw DataError.of({
        where: join(root, name),
        expected: 'a stored checkpoint',
        found: 'no such file',
        fix: 'delete the manifests of stage train (warm_start in round 0) and run make round again for the round that made it',
      });
    }
  },
});
