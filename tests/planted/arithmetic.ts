/** Chance that a verdict which flips with chance q per run comes out alike in every one of `runs`: never, or always. */
export const slips = (q: number, runs: number): number => (1 - q) ** runs + q ** runs;

/** Chance of `seen` or more successes out of `trials`, each with chance p. */
export function atLeast(seen: number, trials: number, p: number): number {
  let sum = 0;
  for (let k = seen; k <= trials; k++)
    sum += Math.exp(logChoose(trials, k) + k * Math.log(p) + (trials - k) * Math.log1p(-p));
  return Math.min(1, sum);
}

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

function logFactorial(n: number): number {
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
}
