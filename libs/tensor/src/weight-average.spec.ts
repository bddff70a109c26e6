import { describe, expect, it } from 'vitest';
import { Parameters } from './parameters';
import { WeightAverage } from './weight-average';

describe('the average of weights', () => {
  it('converges to the centre of weights that swing, and gives the weights back afterwards', async () => {
    const parameters = new Parameters().add('w', [1], Float32Array.of(100));
    const average = new WeightAverage(parameters, 0.9);
    for (let step = 0; step < 200; step += 1) {
      parameters.data('w')[0] = step % 2 === 0 ? 1 : 3;
      average.update();
    }
    const held = parameters.data('w')[0];
    expect(await average.apply(async () => parameters.data('w')[0])).toBeCloseTo(2, 0);
    expect(parameters.data('w')[0]).toBe(held);
  });

  it('gives the weights back when the work fails', async () => {
    const parameters = new Parameters().add('w', [1], Float32Array.of(1));
    const average = new WeightAverage(parameters, 0.5);
    parameters.data('w')[0] = 5;
    await expect(average.apply(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(parameters.data('w')[0]).toBe(5);
  });
});
