/** Added to a standard deviation before dividing by it (METHOD 4). */
export const EPSILON = 1e-4;

/** Values closer together than this are one value: their spread is rounding. */
const SAME_VALUE = 1e-6;

export const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Sample standard deviation (n - 1); 0 for fewer than two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
}

/** (x - mean) / (max(std, floor) + epsilon); exactly zero everywhere when all values are equal. */
export function standardised(values: readonly number[], floor = 0): number[] {
  const deviation = standardDeviation(values);
  if (deviation < SAME_VALUE) return values.map(() => 0);
  const centre = mean(values);
  return values.map((x) => (x - centre) / (Math.max(deviation, floor) + EPSILON));
}
