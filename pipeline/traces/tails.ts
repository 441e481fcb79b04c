import type { Blob } from './reading/blob.ts';

/** Parts of a path that tell a file from its like in most trees: run, class, task, file. */
const usualParts = 4;

const partsOf = (uri: string): string[] => uri.replace(/\.(gz|zst)$/, '').split(/[/!]/);

/**
 * Gives each blob the end of its path: four parts, more where another file of the same import ends alike. A folder
 * that is moved, or imported by another path, keeps its tails; copies of one tree in one import get longer ones.
 */
export function withTails(blobs: readonly Blob[]): Blob[] {
  const result = blobs.map((blob) => ({ ...blob, tail: '' }));
  let open = result.map((blob) => ({ blob, parts: partsOf(blob.uri) }));
  for (let length = usualParts; open.length > 0; length++) {
    const alike = Map.groupBy(open, ({ parts }) => parts.slice(-length).join('/'));
    open = [];
    for (const [tail, group] of alike) {
      for (const { blob } of group) blob.tail = tail;
      if (group.length > 1) open.push(...group.filter(({ parts }) => parts.length > length));
    }
  }
  return result;
}
