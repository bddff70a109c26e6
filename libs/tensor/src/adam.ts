import type { ByName, Parameters } from './parameters';

export interface AdamOptions {
  readonly learningRate: number;
  /** Decoupled, as in AdamW (Loshchilov and Hutter, 2019). Default 0. */
  readonly weightDecay?: number;
  readonly beta1?: number;
  readonly beta2?: number;
}

interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * Adam (Kingma and Ba, 2015) over host arrays. Dense weights are few (tens of thousands), so one pass in typed
 * arrays is cheaper than a dozen device operations per parameter, and every backend gets the same numbers.
 */
export class Adam {
  private readonly moments = new Map<string, Moments>();
  private step = 0;

  constructor(
    private readonly parameters: Parameters,
    private readonly options: AdamOptions,
  ) {}

  /** One update; `scale` multiplies the learning rate (for schedules). Parameters without gradient stay. */
  apply(gradients: ByName<Float32Array>, scale = 1): void {
    const { learningRate, weightDecay = 0, beta1 = 0.9, beta2 = 0.999 } = this.options;
    this.step += 1;
    const rate = learningRate * scale;
    const correction = Math.sqrt(1 - beta2 ** this.step) / (1 - beta1 ** this.step);
    for (const [name, gradient] of Object.entries(gradients)) {
      const weights = this.parameters.data(name);
      const { first, second } = this.momentsOf(name, weights.length);
      for (let index = 0; index < weights.length; index += 1) {
        const slope = gradient[index];
        first[index] += (1 - beta1) * (slope - first[index]);
        second[index] += (1 - beta2) * (slope * slope - second[index]);
        weights[index] -=
          rate *
          ((correction * first[index]) / (Math.sqrt(second[index]) + 1e-8) + weightDecay * weights[index]);
      }
    }
    this.parameters.invalidate();
  }

  private momentsOf(name: string, length: number): Moments {
    let moments = this.moments.get(name);
    if (!moments) {
      moments = { first: new Float32Array(length), second: new Float32Array(length) };
      this.moments.set(name, moments);
    }
    return moments;
  }
}
