import { DataError } from '../../../../pipeline/errors.ts';
import { applyPatch, unifiedDiff } from '../../../../pipeline/mutation/patch.ts';
import type { SandboxCommand } from '../../../../pipeline/ports.ts';
import { type Attack, when } from './attack.ts';

const DIFF = unifiedDiff('source.txt', 'pristine\n', 'hit\n');
const moved = (path: string): string => DIFF.replaceAll('source.txt', path);

const PATCHES: readonly (readonly [what: string, patch: string])[] = [
  ['climbs out of the tree', moved('../file.txt')],
  ['names an absolute path', moved('/etc/passwd')],
  ['writes a git hook', moved('.git/hooks/post-checkout')],
  ['makes a link', DIFF.replace('--- a', 'new file mode 120000\n--- a')],
  ['makes a submodule', DIFF.replace('--- a', 'new file mode 160000\n--- a')],
  ['changes a mode', DIFF.replace('--- a', 'old mode 100644\nnew mode 104755\n--- a')],
  ['renames a file', DIFF.replace('--- a', 'rename from source.txt\nrename to other.txt\n--- a')],
];

/** Everything is there, so only the patch itself can be refused. */
const isTaken = (patch: string): boolean => {
  try {
    return applyPatch(() => 'pristine\n', patch).size > 0;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
};

const FILES: readonly (readonly [what: string, more: Partial<SandboxCommand>])[] = [
  ['climbs out of the tree', { files: [{ target: '/repo/../usr/hit', content: '' }] }],
  ['goes over a link', { files: [{ target: '/repo/link', content: '' }] }],
  ['goes below a link', { files: [{ target: '/repo/link/hit', content: '' }], writable: '/repo' }],
  ['has a zero byte and an option behind it', { environment: { A: 'x\0--bind\0/\0/host' } }],
];

export const PATCHES_AND_FILES: readonly Attack[] = [
  ...PATCHES.map(
    ([what, patch]): Attack => ({
      name: `hands in a patch that ${what}`,
      attempt: async () => when(isTaken(patch), 'the patch was taken'),
    }),
  ),
  ...FILES.map(
    ([what, more]): Attack => ({
      name: `hands in a file or setting that ${what}`,
      attempt: async ({ shell, decoys }) => {
        const before = decoys.repositoryState();
        const { end } = await shell('true', more);
        return when(end !== 'infrastructure_error' || decoys.repositoryState() !== before, `ended by ${end}`);
      },
    }),
  ),
];
