/** 95 % two-sided. */
const z95 = 1.959964;

/** Wilson score interval of a share, at an effective number of observations. */
export function wilson(share: number, n: number, z = z95): { low: number; high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Standard score of a share against a base rate over n observations; 0 where the base rate leaves no room. */
export function zScore(share: number, base: number, n: number): number {
  const spread = Math.sqrt((base * (1 - base)) / n);
  return spread > 0 ? (share - base) / spread : 0;
}

/** Size of the overlap over the size of the union; 0 for two empty sets. */
export function jaccard<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): number {
  const shared = [...a].filter((x) => b.has(x)).length;
  const union = a.size + b.size - shared;
  return union === 0 ? 0 : shared / union;
}
