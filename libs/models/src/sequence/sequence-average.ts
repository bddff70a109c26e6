import type { ByName } from '@winnow/tensor';
import type { SequenceModel } from './sequence-model';

/** Share of the old average that a step keeps, once there have been enough steps. */
const DECAY = 0.999;

type Arrays = ByName<Float32Array>;

/**
 * Exponential moving average of all that a sequence model learns, tables included (Polyak and Juditsky, 1992). It is what
 * is validated and kept: it generalises better than wherever the optimiser stands.
 */
export class SequenceAverage {
  private readonly live: Arrays;
  private readonly averages: Arrays;
  private steps = 0;

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

  /** Takes in the model as it is; early steps weigh alike, so that the initial weights are soon forgotten. O(weights). */
  update(): void {
    this.steps += 1;
    const take = 1 - Math.min(DECAY, this.steps / (this.steps + 10));
    for (const [name, average] of Object.entries(this.averages)) {
      const live = this.live[name];
      for (let index = 0; index < average.length; index += 1)
        average[index] += take * (live[index] - average[index]);
    }
  }

  /** Puts the averages in the model while `work` runs. */
  async apply<T>(work: () => Promise<T>): Promise<T> {
    const held = copyOf(this.live);
    this.restore(this.averages);
    try {
      return await work();
    } finally {
      this.restore(held);
    }
  }

  snapshot(): Arrays {
    return copyOf(this.averages);
  }

  /** Overwrites the model. */
  restore(values: Arrays): void {
    for (const [name, live] of Object.entries(this.live)) live.set(values[name]);
    this.model.parts.weights.invalidate();
  }
}

const copyOf = (arrays: Arrays): Arrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()]));
