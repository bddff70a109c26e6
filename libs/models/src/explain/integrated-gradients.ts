import * as tf from '@tensorflow/tfjs-core';
import { evaluate, lossAndGradients } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';

/** One differentiable input of a network, at both ends of the path: row-major [rows, columns]. */
export interface PathInput {
  readonly columns: number;
  /** Where the network is said to know nothing. */
  readonly from: Float32Array;
  readonly to: Float32Array;
}

export interface IntegratedGradientsOptions {
  readonly inputs: ByName<PathInput>;
  /**
   * The network's outputs, [points], for `pointCount` points of the path at once. Each input comes with the rows of all
   * points, one point after the other: [points · rows, columns]. An output must follow from its own point alone.
   */
  readonly network: (inputs: ByName<tf.Tensor2D>, pointCount: number) => tf.Tensor;
  /** How much of the change may stay unexplained before more steps are taken. Default 0.01. */
  readonly gapShareMax?: number;
}

export interface IntegratedGradients {
  /** The network's output at the path's ends. */
  readonly from: number;
  readonly to: number;
  /** What each number of each input adds to the output, in the inputs' shapes. */
  readonly contributions: ByName<Float64Array>;
  /** `(to − from) − Σ contributions`: 0 when the explanation is complete. */
  readonly gap: number;
  readonly stepCount: number;
}

const STEPS_MIN = 32;
const STEPS_MAX = 1_024;
/** Points that go through the network together: bounds the memory of a pass. */
const POINTS_PER_PASS = 64;
const GAP_SHARE_MAX = 0.01;
/** Below this a change is within the rounding of single precision. */
const CHANGE_MIN = 1e-6;

/**
 * Explains a network's output by its inputs: the gradient, averaged along the straight path from a baseline, times how
 * far each input has moved (Sundararajan, Taly and Yan, *Axiomatic attribution for deep networks*, ICML 2017). The
 * contributions add up to the change of the output (completeness), exactly for a linear network, and otherwise as well as
 * the midpoint rule integrates: steps are doubled until the gap is small enough or 1,024 are taken. O(steps) passes.
 */
export async function integratedGradients(options: IntegratedGradientsOptions): Promise<IntegratedGradients> {
  const { gapShareMax = GAP_SHARE_MAX } = options;
  const [from, to] = await ends(options);
  const allowed = gapShareMax * Math.max(Math.abs(to - from), CHANGE_MIN);
  for (let stepCount = STEPS_MIN; ; stepCount *= 2) {
    const contributions = await integrate(options, stepCount);
    const explained = Object.values(contributions).reduce(
      (sum, values) => values.reduce((inner, value) => inner + value, sum),
      0,
    );
    const gap = to - from - explained;
    if (Math.abs(gap) <= allowed || stepCount >= STEPS_MAX)
      return { from, to, contributions, gap, stepCount };
  }
}

/** Rows of all points, one point after the other, as far along the path as `shares` say. */
function stacked({ from, to, columns }: PathInput, shares: readonly number[]): tf.Tensor2D {
  const values = new Float32Array(shares.length * from.length);
  shares.forEach((share, point) => {
    const offset = point * from.length;
    for (let index = 0; index < from.length; index += 1)
      values[offset + index] = from[index] + share * (to[index] - from[index]);
  });
  return tf.tensor2d(values, [values.length / columns, columns]);
}

const pathPoints = (inputs: ByName<PathInput>, shares: readonly number[]): Record<string, tf.Tensor2D> =>
  Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, stacked(input, shares)]));

async function ends({ inputs, network }: IntegratedGradientsOptions): Promise<Float32Array> {
  const points = pathPoints(inputs, [0, 1]);
  const { outputs } = await evaluate(() => ({ outputs: tf.reshape(network(points, 2), [2]) }));
  tf.dispose(points);
  return outputs;
}

/** Mean slope along the path times the way, by the midpoint rule. */
async function integrate(
  { inputs, network }: IntegratedGradientsOptions,
  stepCount: number,
): Promise<ByName<Float64Array>> {
  const sums: Record<string, Float64Array> = {};
  for (const [name, { from }] of Object.entries(inputs)) sums[name] = new Float64Array(from.length);
  for (let first = 0; first < stepCount; first += POINTS_PER_PASS) {
    const count = Math.min(POINTS_PER_PASS, stepCount - first);
    const shares = Array.from({ length: count }, (_, point) => (first + point + 0.5) / stepCount);
    const points = pathPoints(inputs, shares);
    const { gradients } = await lossAndGradients(points, (named) => {
      const outputs = tf.sum(network(named as ByName<tf.Tensor2D>, count));
      // An input that this network has no use for must enter the sum all the same.
      const nothing = Object.values(named).map((tensor) => tf.mul(tf.sum(tensor), 0));
      return nothing.reduce<tf.Tensor>((sum, each) => tf.add(sum, each), outputs) as tf.Scalar;
    });
    tf.dispose(points);
    for (const [name, sum] of Object.entries(sums)) addPoints(gradients[name], sum);
  }
  for (const [name, sum] of Object.entries(sums)) {
    const { from, to } = inputs[name];
    for (let index = 0; index < sum.length; index += 1) sum[index] *= (to[index] - from[index]) / stepCount;
  }
  return sums;
}

/** Adds the slopes of all points to those of one. */
function addPoints(slopes: Float32Array, sum: Float64Array): void {
  for (let index = 0; index < slopes.length; index += 1) sum[index % sum.length] += slopes[index];
}
