import type { NamedTensor } from '@winnow/domain';

/** Standard deviations beyond which a feature says nothing new. */
const CLIP = 5;
const DEVIATION_MIN = 1e-3;

/** Standardises ranking features with the training data's mean and deviation, and clips what lies far out. */
export class FeatureScaler {
  private constructor(
    private readonly means: Float32Array,
    private readonly deviations: Float32Array,
  ) {}

  get count(): number {
    return this.means.length;
  }

  /** @param features row-major [n, count] */
  static fit(features: Float32Array, count: number): FeatureScaler {
    const rows = Math.max(1, features.length / count);
    const sums = new Float64Array(count);
    const squares = new Float64Array(count);
    for (let index = 0; index < features.length; index += 1) {
      sums[index % count] += features[index];
      squares[index % count] += features[index] ** 2;
    }
    const means = Float32Array.from(sums, (sum) => sum / rows);
    const deviations = Float32Array.from(squares, (square, column) =>
      Math.max(DEVIATION_MIN, Math.sqrt(Math.max(0, square / rows - means[column] ** 2))),
    );
    return new FeatureScaler(means, deviations);
  }

  /** Row-major [n, count] into a new array of the same shape. */
  apply(features: Float32Array): Float32Array {
    const { means, deviations } = this;
    const count = means.length;
    const scaled = new Float32Array(features.length);
    for (let row = 0; row < features.length; row += count)
      for (let column = 0; column < count; column += 1) {
        const value = (features[row + column] - means[column]) / deviations[column];
        scaled[row + column] = value > CLIP ? CLIP : value < -CLIP ? -CLIP : value;
      }
    return scaled;
  }

  toTensors(prefix: string): Record<string, NamedTensor> {
    const shape = [this.count];
    return {
      [`${prefix}means`]: { shape, data: this.means },
      [`${prefix}deviations`]: { shape, data: this.deviations },
    };
  }

  /** Throws a RangeError when the tensors are missing. */
  static fromTensors(tensors: Readonly<Record<string, NamedTensor>>, prefix: string): FeatureScaler {
    const column = (name: string): Float32Array => {
      const tensor = tensors[prefix + name];
      if (!(tensor?.data instanceof Float32Array)) throw new RangeError(`tensor ${prefix + name} is missing`);
      return tensor.data;
    };
    return new FeatureScaler(column('means'), column('deviations'));
  }
}
