import { describe, expect, it } from 'vitest';
import { SequenceAverage } from './sequence-average';
import { SequenceModel } from './sequence-model';

const CONFIG = {
  encoder: { kind: 'mean-pool' },
  dimension: 4,
  itemCount: 3,
  historyCountMax: 5,
  tiedItems: true,
  temperature: null,
} as const;

/** A model whose item vectors are all one number. */
function modelAt(value: number): SequenceModel {
  const model = SequenceModel.create(CONFIG, 1);
  model.parts.inputs.values.fill(value);
  return model;
}

/** What an average holds after the item vectors went from 0 to 1 in equal steps. */
function averageAfter(stepCount: number): number {
  const model = modelAt(0);
  const average = new SequenceAverage(model);
  for (let step = 1; step <= stepCount; step += 1) {
    model.parts.inputs.values.fill(step / stepCount);
    average.update();
  }
  return average.snapshot()['inputs'][0];
}

/** The same, taking in every step. */
function oracle(stepCount: number): number {
  let average = 0;
  for (let step = 1; step <= stepCount; step += 1)
    average += (1 - Math.min(0.999, step / (step + 10))) * (step / stepCount - average);
  return average;
}

describe('the average of a sequence model', () => {
  it.each([[100], [1000], [5000]])(
    'is near the one that takes in every step, after %i steps',
    (stepCount) => {
      expect(averageAfter(stepCount)).toBeCloseTo(oracle(stepCount), 1);
    },
  );

  it('takes in the last steps before it is read', () => {
    expect(averageAfter(3)).toBeGreaterThan(0.9);
  });

  it('stands in for the model while work runs, and no longer', async () => {
    const model = modelAt(0);
    const average = new SequenceAverage(model);
    model.parts.inputs.values.fill(1);
    for (let step = 0; step < 8; step += 1) average.update();
    model.parts.inputs.values.fill(2);
    const seen = await average.apply(() => Promise.resolve(model.parts.inputs.values[0]));
    expect(seen).toBeCloseTo(1, 1);
    expect(model.parts.inputs.values[0]).toBe(2);
    average.restore(average.snapshot());
    expect(model.parts.inputs.values[0]).toBeCloseTo(1, 1);
  });
});
