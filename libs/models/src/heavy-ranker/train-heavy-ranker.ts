import { DEFAULT_HEAVY_RANKER_ARCHITECTURE, seededRandom, shuffle, systemClock } from '@winnow/domain';
import type { HeadLossName, HeavyRankerArchitectureName, Random, RankingLossName } from '@winnow/domain';
import { Adam, RowGradients, WeightAverage } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import { FeatureScaler } from '../ranking/feature-scaler';
import type { RankingExamples } from '../ranking-examples';
import { EarlyStopping, ProgressMeter } from '../training-report';
import type { TrainingProgress, TrainingReport } from '../training-report';
import { calibrationOf } from './calibration';
import { HeavyRanker } from './heavy-ranker';
import type { HeavyRankerSources } from './heavy-ranker';
import { DEFAULT_SIZES } from './architectures/architecture';
import { isWide } from './heavy-ranker-network';
import { heavyRankerLossAndGradients } from './heavy-ranker-loss';
import type { HeavyRankerConfig } from './heavy-ranker-network';
import { baseLogits, headTargets } from './head-targets';
import { RankingBatch } from './ranking-batch';
import type { HeavyRankerTableGradients } from './ranking-batch';
import { longestGroup, splitByTime } from '../ranking/group-batches';
import { measureHeavyRanker } from './measure-heavy-ranker';

export interface HeavyRankerTrainingOptions {
  readonly examples: RankingExamples;
  /** The value model's heads are those of the examples' labels, in the same order. */
  readonly sources: HeavyRankerSources;
  /** Default {@link DEFAULT_HEAVY_RANKER_ARCHITECTURE}. */
  readonly architecture?: HeavyRankerArchitectureName;
  /** Of each head, parallel to the value model's. Default `log-loss` for all. */
  readonly headLosses?: readonly HeadLossName[];
  /** Default `listwise`. */
  readonly rankingLoss?: RankingLossName;
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
  /** Candidates per query and step, at most; whole groups teach more than samples of them. Default 128. */
  readonly candidatesPerQuery?: number;
  /** Share of items known by content alone in each step. Default 0.1. */
  readonly idDropShare?: number;
  /** Newest share of queries held out for early stopping; 0 trains `epochsMax` epochs. Default 0.1. */
  readonly validationShare?: number;
  /** Epochs without improvement before training stops. Default 1. */
  readonly patience?: number;
  /** Makes up for sampled negatives, on what is held out, or on everything when nothing is. Default false. */
  readonly calibrate?: boolean;
  /** The same queries with more of what was retrieved, to calibrate on. Default: the examples. */
  readonly calibrationExamples?: RankingExamples;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** The deep part has many more weights than examples: it moves slowly, so that early stopping can catch it. */
const DEEP_RATE = 0.25;
/** Of the average of the dense weights that is measured and kept: about the newest 100 steps. */
const AVERAGE_DECAY = 0.99;
const DEEP_WEIGHT_DECAY = 0.02;
const TABLE_RATE = 2.5;
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
  private readonly wideAdam: Adam;
  private readonly deepAdam: Adam;
  private readonly average: WeightAverage;
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
      baseLogits: baseLogits(examples, options.headLosses),
      seed,
    });
    const { parts } = this.model;
    const ordinals = ordinalsOf(examples, train);
    parts.items.admit(ordinals, this.random);
    this.batch = new RankingBatch({
      examples,
      parts,
      scaledFeatures: scaler.apply(examples.features),
      width: Math.min(options.candidatesPerQuery ?? 128, longestGroup(examples, train)),
      idDropShare: options.idDropShare ?? 0.1,
      ordinalLimit: ordinalLimit(examples),
    });
    this.wideAdam = new Adam(parts.weights, { learningRate: options.learningRate, weightDecay: 1e-3 });
    this.average = new WeightAverage(parts.weights, AVERAGE_DECAY);
    this.deepAdam = new Adam(parts.weights, {
      learningRate: DEEP_RATE * options.learningRate,
      weightDecay: DEEP_WEIGHT_DECAY,
    });
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
    const stopping = new EarlyStopping(this.options.patience ?? 1);
    const losses: number[] = [];
    let best = this.snapshot();
    let metrics: Readonly<Record<string, number>> = {};
    for (let epoch = 1; epoch <= this.options.epochsMax; epoch += 1) {
      losses.push(await this.runEpoch(epoch));
      if (this.heldOut.length === 0) continue;
      await this.average.apply(async () => {
        const measured = await this.measure();
        if (!stopping.note(measured['heavyRanker.ndcg@20'])) return;
        best = this.snapshot();
        metrics = measured;
      });
      if (stopping.exhausted) break;
    }
    if (this.heldOut.length > 0) this.restore(best);
    if (this.options.calibrate) await this.calibrate();
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
      await this.meter.step({ epoch, stepCount, loss, examples });
    }
    this.model.refresh();
    return this.meter.loss;
  }

  private async step(queries: readonly number[]): Promise<{ loss: number; examples: number }> {
    const { config, items, tables, weights } = this.model.parts;
    const matrices = this.batch.assemble(queries, this.random);
    const { loss, gradients } = await heavyRankerLossAndGradients(weights, matrices, config);
    const { slots, last, bias, candidates, profile, position, ...dense } = gradients;
    this.batch.takeApart(
      { slots, last, bias, candidates, profile, position },
      { items: this.itemGradients, tables: this.tableGradients },
    );
    const rate = TABLE_RATE * this.options.learningRate;
    this.wideAdam.apply(select(dense, isWide));
    this.deepAdam.apply(select(dense, (name) => !isWide(name)));
    this.average.update();
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

  private async calibrate(): Promise<void> {
    const queries = this.heldOut.length > 0 ? this.heldOut : this.trainQueries;
    const { calibrationExamples: examples = this.options.examples } = this.options;
    this.model.calibrate(await calibrationOf({ heavy: this.model, examples, queries }));
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
    architecture: options.architecture ?? DEFAULT_HEAVY_RANKER_ARCHITECTURE,
    heads: options.sources.valueModel.heads,
    targets: headTargets(options.examples, options.headLosses),
    rankingLoss: options.rankingLoss ?? 'listwise',
    featureCount: options.examples.featureCount,
    dimension: options.dimension ?? 24,
    ...DEFAULT_SIZES,
    historyCountMax: options.historyCountMax,
    eventTypeCount: options.eventTypeCount,
  };
}

const select = <T>(named: ByName<T>, accept: (name: string) => boolean): ByName<T> =>
  Object.fromEntries(Object.entries(named).filter(([name]) => accept(name)));

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
