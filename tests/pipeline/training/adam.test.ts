import { describe, expect, it } from 'vitest';
import { Adam } from '../../../pipeline/training/adam.ts';

describe('Adam', () => {
  it('takes first steps of the learning rate in the direction of the gradient', () => {
    const parameters = new Float32Array(3);
    new Adam(3, { learning_rate: 0.02 }).step(parameters, [5, -0.001, 0]);
    expect(parameters[0]).toBeCloseTo(0.02, 6);
    expect(parameters[1]).toBeCloseTo(-0.02, 6);
    expect(parameters[2]).toBe(0);
  });

  it('follows the textbook recurrence', () => {
    const parameters = new Float64Array(1);
    const adam = new Adam(1, { learning_rate: 0.1 });
    let [x, m, v] = [0, 0, 0];
    for (const [t, g] of [1, -0.5, 0.25, 0, 2].entries()) {
      adam.step(parameters, [g]);
      m = 0.9 * m + 0.1 * g;
      v = 0.99 * v + 0.01 * g * g;
      x += (0.1 * (m / (1 - 0.9 ** (t + 1)))) / (Math.sqrt(v / (1 - 0.99 ** (t + 1))) + 1e-8);
      expect(parameters[0]).toBeCloseTo(x, 6);
    }
  });

  it('refuses a gradient of another length', () => {
    expect(() => new Adam(3).step(new Float32Array(3), [1])).toThrow('Adam of 3 parameters got 3 and 1');
  });
});
