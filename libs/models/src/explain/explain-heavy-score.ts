import * as tf from '@tensorflow/tfjs-core';
import { invariant } from '@winnow/domain';
import { linear } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { HeavyRanker, HeavyRankerMatrices, HeavyRankRequest } from '../heavy-ranker/heavy-ranker';
import type { ValueModel } from '../ranking/value-model';
import { integratedGradients } from './integrated-gradients';
import type { PathInput } from './integrated-gradients';

/** Why a heavy ranker gives one candidate its score. All contributions and the gap add up to `score − baselineScore`. */
export interface HeavyScoreExplanation {
  readonly score: number;
  /** Of an average item with average features, for a user without history or profile. */
  readonly baselineScore: number;
  /** In the order of the heads; so is `baselineHeadValues`. */
  readonly headValues: Float32Array;
  readonly baselineHeadValues: Float32Array;
  /** Of each ranking feature, in the order of `RankingFeatures.names`. */
  readonly features: Float64Array;
  /** Of what the model has learnt about the item itself: its id and its content. */
  readonly item: number;
  /** Of each interaction that the model looks back on, oldest first. */
  readonly history: Float64Array;
  /** Of the user's attributes and the context. */
  readonly profile: number;
  /** What the contributions leave unexplained. */
  readonly gap: number;
  readonly stepCount: number;
}

/** Items that an average is taken over: more change it by nothing that can be seen. */
const AVERAGE_ITEM_COUNT = 4_096;

/**
 * Explains the score of the request's one candidate by integrated gradients. The path begins at an average item with
 * average features (the scaler's zero), an empty history and an empty profile: what the model says when it knows nothing.
 *
 * @param options.catalogue ordinals that the average item is taken over
 * @param options.valueModel weighs the heads; the model's own by default
 */
export async function explainHeavyScore(options: {
  readonly heavy: HeavyRanker;
  readonly request: HeavyRankRequest;
  readonly catalogue: ArrayLike<number>;
  readonly valueModel?: ValueModel;
}): Promise<HeavyScoreExplanation> {
  const { heavy, request, catalogue } = options;
  invariant(request.ordinals.length === 1, 'one candidate is explained at a time');
  const valueModel = (options.valueModel ?? heavy.valueModel).orderedAs(heavy.heads);
  const matrices = heavy.matricesOf(request);
  const inputs = pathOf(heavy, matrices, averageItem(heavy, catalogue));
  const headWeights = Float32Array.from(heavy.heads, (_, head) => valueModel.weight(head));
  const predict = (points: ByName<tf.Tensor2D>, count: number): tf.Tensor2D =>
    predictPoints({ heavy, matrices, points, count });
  const explained = await integratedGradients({
    inputs,
    network: (points, count) =>
      linear(predict(points, count), tf.tensor2d(headWeights, [headWeights.length, 1])),
  });
  const [baselineHeadValues, headValues] = await headValuesAtEnds(inputs, predict);
  const { features, candidates, slots, last, profile } = explained.contributions;
  return {
    ...{ score: explained.to, baselineScore: explained.from, headValues, baselineHeadValues },
    features,
    item: sumOf(candidates),
    history: historyContributions(slots, last, heavy.parts.config.dimension),
    profile: sumOf(profile),
    gap: explained.gap,
    stepCount: explained.stepCount,
  };
}

function pathOf(
  heavy: HeavyRanker,
  matrices: HeavyRankerMatrices,
  average: Float32Array,
): Record<string, PathInput> {
  const { dimension, featureCount, profileSize } = heavy.parts.config;
  const { slots, last, slotCount } = matrices.history;
  // A history of which nothing is known looks like the slot that stands for an empty one.
  const empty = slots.subarray(0, dimension);
  const emptySlots = new Float32Array(slots.length);
  for (let slot = 0; slot < slotCount; slot += 1) emptySlots.set(empty, slot * dimension);
  return {
    features: { columns: featureCount, from: new Float32Array(featureCount), to: matrices.features },
    candidates: { columns: dimension, from: average, to: matrices.candidates },
    slots: { columns: dimension, from: emptySlots, to: slots },
    last: { columns: dimension, from: empty.slice(), to: last },
    profile: { columns: profileSize, from: new Float32Array(profileSize), to: matrices.profile },
  };
}

/** Mean representation of an even sample of the catalogue, [dimension]. */
function averageItem({ parts }: HeavyRanker, catalogue: ArrayLike<number>): Float32Array {
  const { dimension } = parts.config;
  const mean = new Float32Array(dimension);
  const one = new Float32Array(dimension);
  const count = Math.min(AVERAGE_ITEM_COUNT, catalogue.length);
  for (let index = 0; index < count; index += 1) {
    parts.items.write(catalogue[Math.floor((index * catalogue.length) / count)], one, 0);
    for (let column = 0; column < dimension; column += 1) mean[column] += one[column] / count;
  }
  return mean;
}

/** Every point of the path as a query of its own, with its own copy of the history: [points, heads]. */
function predictPoints(options: {
  readonly heavy: HeavyRanker;
  readonly matrices: HeavyRankerMatrices;
  readonly points: ByName<tf.Tensor2D>;
  readonly count: number;
}): tf.Tensor2D {
  const { heavy, matrices, points, count } = options;
  const { slotCount, bias } = matrices.history;
  const one = Float32Array.from({ length: count * count }, (_, index) => Number(index % (count + 1) === 0));
  const biases = new Float32Array(count * slotCount);
  for (let point = 0; point < count; point += 1) biases.set(bias, point * slotCount);
  return heavy.predict({
    candidates: points['candidates'],
    features: points['features'],
    slots: points['slots'],
    last: points['last'],
    profile: points['profile'],
    queryOfCandidate: tf.tensor2d(one, [count, count]),
    bias: tf.tensor1d(biases),
    blocks: Array.from({ length: count }, (_, point) => ({
      queryFrom: point,
      queryTo: point + 1,
      slotFrom: point * slotCount,
      slotTo: (point + 1) * slotCount,
      biasFrom: point * slotCount,
      biasRows: 1,
    })),
  });
}

async function headValuesAtEnds(
  inputs: ByName<PathInput>,
  predict: (points: ByName<tf.Tensor2D>, count: number) => tf.Tensor2D,
): Promise<readonly [Float32Array, Float32Array]> {
  const at = async (end: 'from' | 'to'): Promise<Float32Array> => {
    const predicted = tf.tidy(() => {
      const points = Object.entries(inputs).map(
        ([name, input]) =>
          [name, tf.tensor2d(input[end], [input[end].length / input.columns, input.columns])] as const,
      );
      return predict(Object.fromEntries(points), 1);
    });
    const values = (await predicted.data()) as Float32Array;
    predicted.dispose();
    return values;
  };
  return [await at('from'), await at('to')];
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** One number an interaction; the first slot is the empty history, and the newest interaction is also `last`. */
function historyContributions(slots: Float64Array, last: Float64Array, dimension: number): Float64Array {
  const count = slots.length / dimension - 1;
  const history = Float64Array.from({ length: count }, (_, event) =>
    sumOf(slots.subarray((event + 1) * dimension, (event + 2) * dimension)),
  );
  if (count > 0) history[count - 1] += sumOf(last);
  return history;
}
