export const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

export const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1] ?? Number.NaN;

export const deviation = (xs: readonly number[]): number => {
  const m = mean(xs);
  return xs.length < 2 ? 0 : Math.sqrt(xs.reduce((a, x) => a + (x - m) ** 2, 0) / (xs.length - 1));
};

/** Two-sided 95 % quantile of Student's t for n - 1 degrees of freedom, n from 2 to 31. */
const t95 = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.1, 2.09, 2.09,
  2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04,
];

/** `mean [low, high]` of paired values over seeds. */
export function interval(xs: readonly number[]): string {
  const half =
    xs.length < 2 ? Number.NaN : (t95[Math.min(xs.length - 2, t95.length - 1)]! * deviation(xs)) / Math.sqrt(xs.length);
  const f = (x: number) => `${x >= 0 ? '+' : ''}${x.toFixed(3)}`;
  return `${f(mean(xs))} [${f(mean(xs) - half)}, ${f(mean(xs) + half)}]`;
}

/** Spearman rank correlation; ties share their mean rank. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const [ra, rb] = [ranks(a), ranks(b)];
  const [ma, mb] = [mean(ra), mean(rb)];
  const top = ra.reduce((s, x, i) => s + (x - ma) * (rb[i]! - mb), 0);
  return top / Math.sqrt(ra.reduce((s, x) => s + (x - ma) ** 2, 0) * rb.reduce((s, x) => s + (x - mb) ** 2, 0));
}

function ranks(xs: readonly number[]): number[] {
  const order = xs.map((x, i) => ({ x, i })).sort((p, q) => p.x - q.x);
  const out = new Array<number>(xs.length);
  for (let at = 0; at < order.length; ) {
    let end = at;
    while (end < order.length && order[end]!.x === order[at]!.x) end++;
    for (let k = at; k < end; k++) out[order[k]!.i] = (at + end - 1) / 2;
    at = end;
  }
  return out;
}
