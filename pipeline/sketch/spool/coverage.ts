/** What one rank holds of one tensor: runs of `length` elements, `stride` apart, `count` elements in all. */
export interface Cover {
  readonly name: string;
  readonly full: number;
  readonly offset: number;
  readonly count: number;
  readonly length: number;
  readonly stride: number;
}

type Interval = readonly [start: number, end: number];

/** The first thing wrong with a tensor's pieces, or null when they hold each element once. */
export function coverageFault(covers: readonly Cover[]): string | null {
  const held = covers.filter(({ count }) => count > 0);
  const sizes = new Set(covers.map(({ full }) => full));
  if (sizes.size > 1)
    return `full_shape differs between ranks: ${[...sizes].sort((a, b) => a - b).join(' and ')} elements`;
  const [full = 0] = sizes;
  if (full === 0) return null;
  const columns = asColumns(held, full);
  return columns ? tilingFault(columns.intervals, columns.width) : tilingFault(held.flatMap(intervalsOf), full);
}

/** Column shards that span all rows of one width need only one row looked at. */
function asColumns(covers: readonly Cover[], full: number): { intervals: Interval[]; width: number } | null {
  const width = covers[0]?.stride ?? 0;
  const spansAll = ({ stride, offset, length, count }: Cover): boolean =>
    stride === width && offset + length <= width && count === length * (full / width);
  if (full % width !== 0 || !covers.every(spansAll)) return null;
  return { intervals: covers.map(({ offset, length }): Interval => [offset, offset + length]), width };
}

function intervalsOf({ offset, count, length, stride }: Cover): Interval[] {
  return Array.from({ length: Math.ceil(count / length) }, (_, row): Interval => {
    const start = offset + row * stride;
    return [start, start + Math.min(length, count - row * length)];
  });
}

function tilingFault(intervals: readonly Interval[], end: number): string | null {
  let at = 0;
  for (const [start, stop] of intervals.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start > at) return `gap: elements ${at} to ${start - 1} are in no rank`;
    if (start < at) return `overlap: elements from ${start} are in two ranks`;
    at = stop;
  }
  return at === end ? null : `gap: elements ${at} to ${end - 1} are in no rank`;
}
