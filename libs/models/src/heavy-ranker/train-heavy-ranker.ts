import * as tf from '@tensorflow/tfjs-core';
import { seededRandom, shuffle, systemClock } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import {
  Adam,
  binaryCrossEntropy,
  lossAndGradients,
  RowGradients,
  softmaxCrossEntropy,
} from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import { INVISIBLE } from '../items/recency';
import { FeatureScaler } from '../ranking/feature-scaler';
import type { RankingExamples } from '../ranking-examples';
import { EarlyStopping, ProgressMeter } from '../training-report';
import type { TrainingProgress, TrainingReport } from '../training-report';
import { HeavyRanker } from './heavy-ranker';
import type { HeavyRankerSources } from './heavy-ranker';
import { heavyRankerLogits } from './heavy-ranker-network';
import type { HeavyRankerConfig } from './heavy-ranker-network';
import { RankingBatch } from './ranking-batch';
import type { HeavyRankerTableGradients, RankingBatchMatrices } from './ranking-batch';
import { splitByTime } from '../ranking/group-batches';
import { measureHeavyRanker } from './measure-heavy-ranker';

export interface HeavyRankerTrainingOptions {
  readonly examples: RankingExamples;
  /** The value model's heads are those of the examples' labels, in the same order. */
  readonly sources: HeavyRankerSources;
  readonly eventTypeCount: number;
  readonly historyCountMax: number;
  readonly seed: number;
  readonly epochsMax: number;
  /** Of the dense weights' Adam. */
  readonly learningRate: number;
  /** Of item representations. Default 24. */
  readonly dimension?: number;
  /** Queries a step. Default 16. */
  readonly queriesPerStep?: number;
  /** Candidates per query and step. Default 48. */
  readonly candidatesPerQuery?: number;
  /** Share of items known by content alone in each step. Default 0.1. */
  readonly idDropShare?: number;
  /** Newest share of queries held out for early stopping; 0 trains `epochsMax` epochs. Default 0.1. */
  readonly validationShare?: number;
  /** Epochs without improvement before training stops. Default 2. */
  readonly patience?: number;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

const TABLE_RATE = 10;
/** What a log loss, averaged over all rows, counts beside a listwise loss averaged over queries. */
const LOG_LOSS_WEIGHT = 4;
const TABLES = ['slots', 'recency', 'profile', 'position'] as const;

/** Trains a heavy ranker on retrieved candidates: log loss per head, and a listwise softmax within each query's group. */
export function trainHeavyRanker(
  options: HeavyRankerTrainingOptions,
): Promise<{ readonly model: HeavyRanker; readonly report: TrainingReport }> {
  return new HeavyRankerRun(options).train();
}

class HeavyRankerRun {
  private readonly model: HeavyRanker;
  private readonly batch: RankingBatch;
  private readonly adam: Adam;
  private readonly random: Random;
  private readonly trainQueries: Uint32Array;
  private readonly heldOut: Uint32Array;
  private readonly itemGradients;
  private readonly tableGradients: HeavyRankerTableGradients;
  private readonly meter: ProgressMeter;

  constructor(private readonly options: HeavyRankerTrainingOptions) {
    const { examples, sources, seed } = options;
    this.random = seededRandom(seed ^ 0x5eed);
    const { train, validation } = splitByTime(examples, options.validationShare ?? 0.1);
    this.trainQueries = train;
    this.heldOut = validation;
    const scaler = FeatureScaler.fit(examples.features, examples.featureCount);
    this.model = HeavyRanker.create({
      config: configOf(options),
      sources,
      scaler,
      baseLogits: baseLogits(examples),
      seed,
    });
    const { parts } = this.model;
    const ordinals = ordinalsOf(examples, train);
    parts.items.admit(ordinals, this.random);
    this.batch = new RankingBatch({
      examples,
      parts,
      scaledFeatures: scaler.apply(examples.features),
      width: options.candidatesPerQuery ?? 48,
      idDropShare: options.idDropShare ?? 0.1,
      ordinalLimit: ordinalLimit(examples),
    });
    this.adam = new Adam(parts.weights, { learningRate: options.learningRate, weightDecay: 1e-3 });
    this.itemGradients = parts.items.createGradients();
    const gradients = (name: (typeof TABLES)[number]): RowGradients =>
      new RowGradients(parts.tables[name].rowCount, parts.tables[name].dim);
    this.tableGradients = {
      slots: gradients('slots'),
      recency: gradients('recency'),
      profile: gradients('profile'),
      position: gradients('position'),
    };
    this.meter = new ProgressMeter({
      model: 'heavy-ranker',
      epochsMax: options.epochsMax,
      monotonicMs: systemClock.monotonicMs,
      onProgress: options.onProgress,
    });
  }

  async train(): Promise<{ readonly model: HeavyRanker; readonly report: TrainingReport }> {
    const stopping = new EarlyStopping(this.options.patience ?? 2);
    const losses: number[] = [];
    let best = this.snapshot();
    let metrics: Readonly<Record<string, number>> = {};
    for (let epoch = 1; epoch <= this.options.epochsMax; epoch += 1) {
      losses.push(await this.runEpoch(epoch));
      if (this.heldOut.length === 0) continue;
      const measured = await this.measure();
      if (stopping.note(measured['heavyRanker.ndcg@20'])) {
        best = this.snapshot();
        metrics = measured;
      }
      if (stopping.exhausted) break;
    }
    if (this.heldOut.length > 0) this.restore(best);
    return {
      model: this.model,
      report: {
        losses,
        validation: stopping.history,
        bestEpoch: this.heldOut.length > 0 ? stopping.bestEpoch : losses.length,
        exampleCount: this.meter.exampleCount,
        examplesPerSecond: this.meter.examplesPerSecond,
        durationMs: this.meter.durationMs,
        metrics,
      },
    };
  }

  private async runEpoch(epoch: number): Promise<number> {
    const order = shuffle(this.trainQueries.slice(), this.random);
    const size = this.options.queriesPerStep ?? 16;
    const stepCount = Math.ceil(order.length / size);
    this.meter.startEpoch();
    for (let step = 0; step < stepCount; step += 1) {
      const { loss, examples } = await this.step([...order.subarray(step * size, (step + 1) * size)]);
      this.meter.step({ epoch, stepCount, loss, examples });
    }
    this.model.refresh();
    return this.meter.loss;
  }

  private async step(queries: readonly number[]): Promise<{ loss: number; examples: number }> {
    const { config, items, tables, weights } = this.model.parts;
    const matrices = this.batch.assemble(queries, this.random);
    const leaves = leavesOf(matrices, config);
    const fixed = fixedTensors(matrices, config);
    const { loss, gradients } = await lossAndGradients({ ...weights.tensors(), ...leaves }, (named) =>
      heavyRankerLoss(config, named, fixed),
    );
    const { attention: _blocks, ...tensors } = fixed;
    tf.dispose([leaves, tensors]);
    const { slots, last, bias, candidates, profile, position, ...dense } = gradients;
    this.batch.takeApart(
      { slots, last, bias, candidates, profile, position },
      { items: this.itemGradients, tables: this.tableGradients },
    );
    const rate = TABLE_RATE * this.options.learningRate;
    this.adam.apply(dense);
    items.apply(this.itemGradients, { ids: rate, contents: rate });
    for (const name of TABLES) {
      tables[name].applyAdagrad(this.tableGradients[name], rate);
      this.tableGradients[name].clear();
    }
    return { loss, examples: matrices.present.reduce((sum, present) => sum + present, 0) };
  }

  private measure(): Promise<Record<string, number>> {
    return measureHeavyRanker({
      heavy: this.model,
      examples: this.options.examples,
      queries: this.heldOut,
    });
  }

  private snapshot() {
    const { items, tables, weights } = this.model.parts;
    return {
      items: items.snapshot(),
      tables: TABLES.map((name) => tables[name].snapshot()),
      weights: weights.snapshot(),
    };
  }

  private restore(snapshot: ReturnType<HeavyRankerRun['snapshot']>): void {
    const { items, tables, weights } = this.model.parts;
    items.restore(snapshot.items);
    TABLES.forEach((name, index) => tables[name].restore(snapshot.tables[index]));
    weights.restore(snapshot.weights);
    this.model.refresh();
  }
}

function configOf(options: HeavyRankerTrainingOptions): HeavyRankerConfig {
  return {
    heads: options.sources.valueModel.heads,
    featureCount: options.examples.featureCount,
    dimension: options.dimension ?? 24,
    attentionSize: 16,
    profileSize: 8,
    crossRank: 16,
    crossLayerCount: 2,
    hiddenSizes: [64, 32],
    historyCountMax: options.historyCountMax,
    eventTypeCount: options.eventTypeCount,
  };
}

/** Logit of each head's share of positives. */
function baseLogits({ labels, headCount }: RankingExamples): Float32Array {
  const sums = new Float64Array(headCount);
  labels.forEach((label, index) => {
    sums[index % headCount] += label;
  });
  const rows = labels.length / headCount;
  return Float32Array.from(sums, (sum) => Math.log((sum + 1) / (rows - sum + 1)));
}

function ordinalsOf({ groupOffsets, ordinals, histories }: RankingExamples, queries: Uint32Array): number[] {
  const met = new Set<number>();
  for (const query of queries) {
    for (let row = groupOffsets[query]; row < groupOffsets[query + 1]; row += 1) met.add(ordinals[row]);
    for (let event = histories.offsets[query]; event < histories.offsets[query + 1]; event += 1)
      met.add(histories.ordinals[event]);
  }
  return [...met].sort((left, right) => left - right);
}

const ordinalLimit = ({ ordinals, histories }: RankingExamples): number =>
  [ordinals, histories.ordinals].reduce(
    (limit, column) => column.reduce((highest, ordinal) => Math.max(highest, ordinal + 1), limit),
    0,
  );

const leavesOf = (matrices: RankingBatchMatrices, config: HeavyRankerConfig): Record<string, tf.Tensor> => {
  const rows = matrices.queryCount * matrices.width;
  return {
    candidates: tf.tensor2d(matrices.candidates, [rows, config.dimension]),
    slots: tf.tensor2d(matrices.slots, [matrices.slotCount, config.dimension]),
    last: tf.tensor2d(matrices.last, [matrices.queryCount, config.dimension]),
    profile: tf.tensor2d(matrices.profile, [matrices.queryCount, config.profileSize]),
    bias: tf.tensor1d(matrices.bias.subarray(0)),
    position: tf.tensor2d(matrices.position, [rows, config.heads.length]),
  };
};

/** What a batch brings besides its leaves. */
export interface HeavyRankerFixed {
  readonly attention: RankingBatchMatrices['attention'];
  readonly features: tf.Tensor2D;
  readonly queryOfCandidate: tf.Tensor2D;
  readonly labels: tf.Tensor2D;
  /** 1, or 0 for padding, [rows, heads] */
  readonly present: tf.Tensor2D;
  /** Positives of each head and query as a distribution over its candidates, [heads · queries, width] */
  readonly targets: tf.Tensor2D;
  /** Hides padding from the softmax, [heads · queries, width] */
  readonly hidden: tf.Tensor2D;
  /** |value-model weight| where the head has a positive in the query, [heads · queries, 1] */
  readonly listWeights: tf.Tensor2D;
}

function fixedTensors(matrices: RankingBatchMatrices, config: HeavyRankerConfig): HeavyRankerFixed {
  const { queryCount, width, labels, present, attention } = matrices;
  const headCount = config.heads.length;
  const rows = queryCount * width;
  const targets = new Float32Array(rows * headCount);
  const hidden = new Float32Array(rows * headCount);
  const listWeights = new Float32Array(queryCount * headCount);
  for (let head = 0; head < headCount; head += 1)
    for (let query = 0; query < queryCount; query += 1) {
      const list = head * queryCount + query;
      let positives = 0;
      for (let place = 0; place < width; place += 1)
        positives += labels[(query * width + place) * headCount + head];
      if (positives > 0) listWeights[list] = 1;
      for (let place = 0; place < width; place += 1) {
        const row = query * width + place;
        targets[list * width + place] = positives > 0 ? labels[row * headCount + head] / positives : 0;
        hidden[list * width + place] = present[row] === 1 ? 0 : INVISIBLE;
      }
    }
  const everyHead = Float32Array.from(
    { length: rows * headCount },
    (_, index) => present[Math.floor(index / headCount)],
  );
  return {
    attention,
    features: tf.tensor2d(matrices.features, [rows, config.featureCount]),
    queryOfCandidate: tf.tensor2d(matrices.queryOfCandidate, [rows, queryCount]),
    labels: tf.tensor2d(labels, [rows, headCount]),
    present: tf.tensor2d(everyHead, [rows, headCount]),
    targets: tf.tensor2d(targets, [headCount * queryCount, width]),
    hidden: tf.tensor2d(hidden, [headCount * queryCount, width]),
    listWeights: tf.tensor2d(listWeights, [headCount * queryCount, 1]),
  };
}

/** Log loss of every head over all rows, plus the listwise softmax of each head within each query. */
export function heavyRankerLoss(
  config: HeavyRankerConfig,
  leaves: ByName<tf.Tensor>,
  fixed: HeavyRankerFixed,
): tf.Scalar {
  const { candidates, slots, last, profile, bias, position } = leaves;
  const relevance = heavyRankerLogits(config, leaves, {
    candidates,
    slots,
    last,
    profile,
    bias,
    features: fixed.features,
    queryOfCandidate: fixed.queryOfCandidate,
    blocks: fixed.attention,
  });
  const logits = tf.add(relevance, position) as tf.Tensor2D;
  const logLoss = binaryCrossEntropy({ logits, labels: fixed.labels, weights: fixed.present });
  const lists = tf.reshape(tf.transpose(logits), fixed.targets.shape) as tf.Tensor2D;
  const listLoss = softmaxCrossEntropy({
    logits: tf.add(lists, fixed.hidden) as tf.Tensor2D,
    targets: fixed.targets,
    weights: fixed.listWeights,
  });
  return tf.add(tf.mul(logLoss, LOG_LOSS_WEIGHT), listLoss) as tf.Scalar;
}
