import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import type { Random, TensorFile } from '@winnow/domain';
import { dense, evaluate, glorot, linear, Parameters, zeros } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { RankingInput, RankingModel } from '../engines/ranking-engine';
import { FeatureScaler } from '../ranking/feature-scaler';

/** Sizes of a light ranker; saved with its weights. */
export interface LightRankerConfig {
  readonly featureCount: number;
  readonly hiddenSizes: readonly [number, number];
}

/** Rows are padded to a multiple of this, so that backends meet few shapes. */
const ROW_STEP = 64;
/** More rows go through the network block by block, to bound memory. */
const ROWS_MAX = 16_384;

/**
 * The first judge of what was retrieved: two small layers on the ranking features, distilled from the heavy ranker
 * (Hinton et al., 2015; pre-ranking: Wang et al., COLD, 2020). Without embeddings it costs about 2,000
 * multiplications a candidate.
 */
export class LightRanker implements RankingModel {
  /** It only orders. */
  readonly heads: readonly string[] = [];

  constructor(
    readonly config: LightRankerConfig,
    readonly weights: Parameters,
    readonly scaler: FeatureScaler,
  ) {}

  /** An untrained one. */
  static create(config: LightRankerConfig, scaler: FeatureScaler, random: Random): LightRanker {
    const { featureCount, hiddenSizes } = config;
    const [first, second] = hiddenSizes;
    const weights = new Parameters()
      .add('first', [featureCount, first], glorot(featureCount, first, random))
      .add('firstBias', [first], zeros(first))
      .add('second', [first, second], glorot(first, second, random))
      .add('secondBias', [second], zeros(second))
      .add('out', [second, 1], glorot(second, 1, random))
      .add('linear', [featureCount, 1], zeros(featureCount))
      .add('outBias', [1], zeros(1));
    return new LightRanker(config, weights, scaler);
  }

  async rank({
    features,
  }: Pick<RankingInput, 'features'>): Promise<{ scores: Float32Array; headValues: Float32Array }> {
    return { scores: await this.score(features), headValues: new Float32Array(0) };
  }

  /** One score a row; only their order means something. `features` is row-major [n, featureCount]. */
  async score(features: Float32Array): Promise<Float32Array> {
    const { featureCount } = this.config;
    const count = features.length / featureCount;
    if (count <= ROWS_MAX) return this.scoreBlock(features, count);
    const scores = new Float32Array(count);
    for (let from = 0; from < count; from += ROWS_MAX) {
      const to = Math.min(count, from + ROWS_MAX);
      const block = features.subarray(from * featureCount, to * featureCount);
      scores.set(await this.scoreBlock(block, to - from), from);
    }
    return scores;
  }

  private async scoreBlock(features: Float32Array, count: number): Promise<Float32Array> {
    const { featureCount } = this.config;
    const rows = Math.ceil(count / ROW_STEP) * ROW_STEP;
    const padded = new Float32Array(rows * featureCount);
    padded.set(this.scaler.apply(features));
    const { scores } = await evaluate(() => ({
      scores: lightNetwork(this.weights.tensors(), tf.tensor2d(padded, [rows, featureCount])),
    }));
    return scores.slice(0, count);
  }

  /** Frees device memory. */
  dispose(): void {
    this.weights.invalidate();
  }

  toTensors(): TensorFile {
    return {
      tensors: { ...this.weights.toTensors(), ...this.scaler.toTensors('scaler/') },
      metadata: { model: 'light-ranker', config: JSON.stringify(this.config) },
    };
  }

  /** Throws a RangeError when the file is of another model or incomplete. */
  static fromTensors({ tensors, metadata }: TensorFile): LightRanker {
    if (metadata['model'] !== 'light-ranker') throw new RangeError('the file holds no light ranker');
    const config = JSON.parse(metadata['config']) as LightRankerConfig;
    const ranker = LightRanker.create(config, FeatureScaler.fromTensors(tensors, 'scaler/'), seededRandom(0));
    ranker.weights.load(tensors);
    return ranker;
  }
}

/** Scaled features [n, featureCount] → scores [n, 1]: two hidden layers beside a linear path. */
export function lightNetwork(weights: ByName<tf.Tensor>, features: tf.Tensor): tf.Tensor2D {
  const first = dense({
    x: features,
    weight: weights['first'],
    bias: weights['firstBias'],
    activation: 'relu',
  });
  const second = dense({
    x: first,
    weight: weights['second'],
    bias: weights['secondBias'],
    activation: 'relu',
  });
  const deep = dense({ x: second, weight: weights['out'], bias: weights['outBias'] });
  return tf.add(deep, linear(features as tf.Tensor2D, weights['linear'] as tf.Tensor2D)) as tf.Tensor2D;
}
