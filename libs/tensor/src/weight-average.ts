import type { ByName, Parameters } from './parameters';

/**
 * Exponential moving average of dense weights over training steps (Polyak and Juditsky, 1992; Izmailov et al., 2018): what
 * is kept is the centre of where the optimiser wanders, which generalises better than wherever it stops.
 */
export class WeightAverage {
  private readonly averages: Map<string, Float32Array>;
  private steps = 0;

  /** @param decay share of the old average that a step keeps, in [0, 1) */
  constructor(
    private readonly parameters: Parameters,
    private readonly decay: number,
  ) {
    this.averages = new Map(parameters.names.map((name) => [name, parameters.data(name).slice()]));
  }

  /** Takes in the weights as they are; early steps weigh alike, so that the initial weights are soon forgotten. */
  update(): void {
    this.steps += 1;
    const keep = Math.min(this.decay, this.steps / (this.steps + 10));
    for (const [name, average] of this.averages) {
      const weights = this.parameters.data(name);
      for (let index = 0; index < average.length; index += 1)
        average[index] += (1 - keep) * (weights[index] - average[index]);
    }
  }

  /** Puts the averages in the weights' place while `work` runs. */
  async apply<T>(work: () => Promise<T>): Promise<T> {
    const held = this.parameters.snapshot();
    this.parameters.restore(Object.fromEntries(this.averages) as ByName<Float32Array>);
    try {
      return await work();
    } finally {
      this.parameters.restore(held);
    }
  }
}
