import type { ByName } from '@winnow/tensor';
import type { SequenceModel } from './sequence-model';

/** Share of the old average that a step keeps, once there have been enough steps. */
const DECAY = 0.999;

/** Steps between two updates: tables are large, and an average of every eighth moment is as good. */
const STEPS_BETWEEN = 8;

type Arrays = ByName<Float32Array>;

/**
 * Exponential moving average of all that a sequence model learns, tables included (Polyak and Juditsky, 1992). It is what
 * is validated and kept: it generalises better than wherever the optimiser stands.
 */
export class SequenceAverage {
  private readonly live: Arrays;
  private readonly averages: Arrays;
  private steps = 0;
  private pending = 0;

  constructor(private readonly model: SequenceModel) {
    const { inputs, outputs, positions, weights } = model.parts;
    this.live = {
      ...Object.fromEntries(weights.names.map((name) => [name, weights.data(name)])),
      inputs: inputs.values,
      outputs: outputs.values,
      positions: positions.values,
    };
    this.averages = copyOf(this.live);
  }

  /** Notes a step; every eighth takes in the model as it is. O(weights / 8). */
  update(): void {
    this.steps += 1;
    this.pending += 1;
    if (this.pending === STEPS_BETWEEN) this.takeIn();
  }

  /** Puts the averages in the model while `work` runs. */
  async apply<T>(work: () => Promise<T>): Promise<T> {
    this.takeIn();
    const held = copyOf(this.live);
    this.restore(this.averages);
    try {
      return await work();
    } finally {
      this.restore(held);
    }
  }

  snapshot(): Arrays {
    this.takeIn();
    return copyOf(this.averages);
  }

  /** Overwrites the model. */
  restore(values: Arrays): void {
    for (const [name, live] of Object.entries(this.live)) live.set(values[name]);
    this.model.parts.weights.invalidate();
  }

  /** Early steps weigh alike, so that the initial weights are soon forgotten. */
  private takeIn(): void {
    const take = 1 - Math.min(DECAY, this.steps / (this.steps + 10)) ** this.pending;
    this.pending = 0;
    if (take === 0) return;
    for (const [name, average] of Object.entries(this.averages)) {
      const live = this.live[name];
      for (let index = 0; index < average.length; index += 1)
        average[index] += take * (live[index] - average[index]);
    }
  }
}

const copyOf = (arrays: Arrays): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
