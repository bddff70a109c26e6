import * as tf from '@tensorflow/tfjs-core';
import { invariant, seededRandom, systemClock } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import { Adam, lossAndGradients, softmaxCrossEntropy } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { RankingExamples } from '../ranking-examples';
import { FeatureScaler } from '../ranking/feature-scaler';
import { groupBatches, longestGroup, splitByTime } from '../ranking/group-batches';
import { groupNdcg, orderOfGroup } from '../ranking/group-ndcg';
import { labelGains } from '../ranking/label-gains';
import type { ValueModel } from '../ranking/value-model';
import { EarlyStopping, ProgressMeter } from '../training-report';
import type { TrainingProgress, TrainingReport } from '../training-report';
import { lightNetwork, LightRanker } from './light-ranker';

export interface LightRankerTrainingOptions {
  readonly examples: RankingExamples;
  /** The heavy ranker's value scores, one per row of `examples`. */
  readonly teacherScores: Float32Array;
  /** Says what the labels are worth; without it, the first head's label alone counts. */
  readonly valueModel?: ValueModel;
  readonly seed: number;
  readonly epochsMax: number;
  readonly learningRate: number;
  /** Share of what happened, against the teacher's opinion, in the targets. Default 0.3. */
  readonly labelShare?: number;
  readonly patience?: number;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

const HIDDEN_SIZES = [32, 16] as const;
const BATCH_ROWS = 2_048;
const VALIDATION_SHARE = 0.15;
/** Standardised teacher scores are divided by this before the softmax: lower attends to the very top only. */
const TEACHER_TEMPERATURE = 0.7;
/** A logit that takes no part. */
const ABSENT = -1e9;
const NDCG_K = 20;

/**
 * Distils the heavy ranker: within each group, the softmax over scores is drawn towards a mixture of the teacher's
 * softmax and the items actually taken. Early stopping on NDCG@20 of the labels.
 */
export async function trainLightRanker(
  options: LightRankerTrainingOptions,
): Promise<{ readonly model: LightRanker; readonly report: TrainingReport }> {
  const { examples, teacherScores, seed, epochsMax, learningRate, patience = 2 } = options;
  invariant(teacherScores.length === examples.ordinals.length, 'one teacher score per candidate');
  const random = seededRandom(seed ^ 0x11947);
  const { train, validation } = splitByTime(examples, VALIDATION_SHARE);
  const scaler = FeatureScaler.fit(examples.features, examples.featureCount);
  const model = LightRanker.create(
    { featureCount: examples.featureCount, hiddenSizes: HIDDEN_SIZES },
    scaler,
    random,
  );
  const adam = new Adam(model.weights, { learningRate });
  const scaled = scaler.apply(examples.features);
  const targets = distillationTargets(options);
  const meter = new ProgressMeter({
    model: 'light-ranker',
    epochsMax,
    monotonicMs: systemClock.monotonicMs,
    onProgress: options.onProgress,
  });
  const stopping = new EarlyStopping(patience);
  const losses: number[] = [];
  let best = model.weights.snapshot();
  for (let epoch = 1; epoch <= epochsMax && !stopping.exhausted; epoch += 1) {
    losses.push(
      await runEpoch({ ...{ examples, model, adam, scaled, targets, meter, random }, queries: train, epoch }),
    );
    const scores = await model.score(examples.features);
    const criterion = groupNdcg(examples, {
      queries: validation,
      scores,
      gains: labelValues(options),
      k: NDCG_K,
    });
    if (stopping.note(criterion)) best = model.weights.snapshot();
  }
  model.weights.restore(best);
  return { model, report: reportOf({ losses, stopping, meter }) };
}

interface EpochOptions {
  readonly examples: RankingExamples;
  readonly model: LightRanker;
  readonly adam: Adam;
  readonly scaled: Float32Array;
  readonly targets: Float32Array;
  readonly meter: ProgressMeter;
  readonly random: Random;
  readonly queries: Uint32Array;
  readonly epoch: number;
}

async function runEpoch(options: EpochOptions): Promise<number> {
  const { examples, model, adam, meter, random, queries, epoch } = options;
  const batches = groupBatches(examples, { queries, rowCount: BATCH_ROWS, random });
  meter.startEpoch();
  for (const batch of batches) {
    const { loss, gradients } = await step(options, batch);
    adam.apply(gradients);
    await meter.step({ epoch, stepCount: batches.length, loss, examples: batch.length });
  }
  model.weights.invalidate();
  return meter.loss;
}

/** Groups of a batch as rows of a [groups, longest] matrix, padded with rows that take no part. */
async function step(
  { examples, model, scaled, targets }: EpochOptions,
  batch: Uint32Array,
): Promise<{ loss: number; gradients: ByName<Float32Array> }> {
  const { featureCount, groupOffsets } = examples;
  const width = longestGroup(examples, batch);
  const features = new Float32Array(batch.length * width * featureCount);
  const wanted = new Float32Array(batch.length * width);
  const absence = new Float32Array(batch.length * width).fill(ABSENT);
  batch.forEach((query, group) => {
    const [from, to] = [groupOffsets[query], groupOffsets[query + 1]];
    features.set(scaled.subarray(from * featureCount, to * featureCount), group * width * featureCount);
    wanted.set(targets.subarray(from, to), group * width);
    absence.fill(0, group * width, group * width + to - from);
  });
  const fixed = {
    features: tf.tensor2d(features, [batch.length * width, featureCount]),
    targets: tf.tensor2d(wanted, [batch.length, width]),
    absence: tf.tensor2d(absence, [batch.length, width]),
    weights: tf.ones([batch.length, 1]) as tf.Tensor2D,
  };
  const result = await lossAndGradients(model.weights.tensors(), (weights) =>
    softmaxCrossEntropy({
      logits: tf.add(
        tf.reshape(lightNetwork(weights, fixed.features), [batch.length, width]),
        fixed.absence,
      ) as tf.Tensor2D,
      targets: fixed.targets,
      weights: fixed.weights,
    }),
  );
  tf.dispose(Object.values(fixed));
  return result;
}

/** One number per row, each group's sum 1. */
function distillationTargets({
  examples,
  teacherScores,
  valueModel,
  labelShare = 0.3,
}: LightRankerTrainingOptions): Float32Array {
  const targets = new Float32Array(teacherScores.length);
  const labels = labelValues({ examples, valueModel });
  for (let query = 0; query < examples.queryCount; query += 1) {
    const [from, to] = [examples.groupOffsets[query], examples.groupOffsets[query + 1]];
    const teacher = softmax(standardised(teacherScores.subarray(from, to)), TEACHER_TEMPERATURE);
    const labelled = labels.subarray(from, to).reduce((sum, label) => sum + label, 0);
    const share = labelled > 0 ? labelShare : 0;
    for (let row = from; row < to; row += 1)
      targets[row] = (1 - share) * teacher[row - from] + (share > 0 ? (share * labels[row]) / labelled : 0);
  }
  return targets;
}

/** What each row's labels are worth, negative worth counting as none. */
function labelValues({
  examples,
  valueModel,
}: Pick<LightRankerTrainingOptions, 'examples' | 'valueModel'>): Float32Array {
  const { labels, headCount } = examples;
  const values = valueModel
    ? labelGains(examples, valueModel)
    : labels.filter((_, at) => at % headCount === 0);
  return values.map((value) => Math.max(0, value));
}

function standardised(scores: Float32Array): Float64Array {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
  return Float64Array.from(scores, (score) => (score - mean) / Math.sqrt(variance + 1e-12));
}

function softmax(scores: Float64Array, temperature: number): Float64Array {
  const most = scores.reduce((best, score) => Math.max(best, score), -Infinity);
  const powers = scores.map((score) => Math.exp((score - most) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function reportOf({
  losses,
  stopping,
  meter,
}: {
  losses: readonly number[];
  stopping: EarlyStopping;
  meter: ProgressMeter;
}): TrainingReport {
  return {
    losses,
    validation: stopping.history,
    bestEpoch: stopping.bestEpoch,
    exampleCount: meter.exampleCount,
    examplesPerSecond: meter.examplesPerSecond,
    durationMs: meter.durationMs,
    metrics: { 'lightRanker.validation': stopping.history[stopping.bestEpoch - 1] ?? 0 },
  };
}

/** How many of the heavy ranker's best must survive the light one's cut, and where it cuts, on 800 candidates. */
const AGREEMENT = { candidateCount: 800, topCount: 50, keepCount: 200 };

/**
 * How much of the heavy ranker's top survives the light one: over groups, the mean share of heavy's best 50 that light
 * has among its best 200 of 800; of a group of another size, the same shares. 1 when nothing was lost.
 */
export async function lightAgreement(
  examples: RankingExamples,
  teacherScores: Float32Array,
  light: LightRanker,
): Promise<number> {
  const lightScores = await light.score(examples.features);
  let sum = 0;
  let count = 0;
  for (let query = 0; query < examples.queryCount; query += 1) {
    const [from, to] = [examples.groupOffsets[query], examples.groupOffsets[query + 1]];
    const share = (to - from) / AGREEMENT.candidateCount;
    const topCount = Math.round(AGREEMENT.topCount * share);
    if (topCount === 0) continue;
    const kept = new Set(
      orderOfGroup(lightScores, from, to).slice(0, Math.round(AGREEMENT.keepCount * share)),
    );
    const top = orderOfGroup(teacherScores, from, to).slice(0, topCount);
    sum += top.filter((row) => kept.has(row)).length / top.length;
    count += 1;
  }
  return count > 0 ? sum / count : 1;
}
