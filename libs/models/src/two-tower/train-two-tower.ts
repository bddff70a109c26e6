import { seededRandom, systemClock } from '@winnow/domain';
import type { EventColumns, EventTypeDescription, QueryFeatures, Random } from '@winnow/domain';
import { Adam, RowGradients } from '@winnow/tensor';
import { DEFAULT_ITEM_TABLE, itemActivity, planItemRows } from '../items/item-table-policy';
import type { ItemTablePolicy } from '../items/item-table-policy';
import { EarlyStopping, ProgressMeter } from '../training-report';
import type { TrainingProgress, TrainingReport } from '../training-report';
import { packBatches, planUnits } from './batch-plan';
import type { TrainingUnit } from './batch-plan';
import { samplingDistribution } from './negative-sampling';
import { TrainingBatch } from './training-batch';
import { buildTrainingFrame } from './training-frame';
import type { TrainingFrame } from './training-frame';
import { TwoTower } from './two-tower';
import type { TwoTowerSources } from './two-tower';
import { twoTowerLossAndGradients } from './two-tower-loss';
import type { TwoTowerConfig } from './two-tower-network';
import { validateTwoTower } from './validate-two-tower';

export interface TwoTowerTrainingOptions {
  /** Oldest first, every type: negative ones enter histories, positive ones are also what is predicted. */
  readonly events: EventColumns;
  readonly eventTypes: readonly EventTypeDescription[];
  readonly sources: TwoTowerSources;
  /** Items that uniform negatives are drawn from; every ordinal of the catalogue, seen in an event or not. */
  readonly catalogue: Uint32Array;
  /** Attributes of the user with this index in `events.userIds`. */
  readonly userAttributes?: (user: number) => QueryFeatures['userAttributes'];
  readonly seed: number;
  readonly dimension: number;
  readonly historyCountMax: number;
  readonly epochsMax: number;
  /** Pairs a step; 256 to 512 suit wasm. */
  readonly batchSize: number;
  /** Of the dense weights' Adam; the tables' Adagrad takes a multiple. */
  readonly learningRate: number;
  readonly temperature: number;
  /** Uniform draws from the catalogue a step, besides the other pairs' items. */
  readonly uniformNegativeCount: number;
  /** Share of items placed by content alone in each step, so that new items find their place. Default 0.1. */
  readonly idDropShare?: number;
  /**
   * Pairs this much older than the newest count half: what is retrieved should follow the times. 0: all count alike.
   * Default a fifth of the window's length.
   */
  readonly pairHalfLifeMs?: number;
  /** Newest share of pairs held out for early stopping; 0 trains `epochsMax` epochs on everything. Default 0.1. */
  readonly validationShare?: number;
  /** Replaces the own criterion (NDCG@20 on the held-out pairs), higher is better; called after every epoch. */
  readonly validate?: (model: TwoTower, epoch: number) => Promise<number>;
  /** Epochs without improvement before training stops. Default 2. */
  readonly patience?: number;
  /** Epochs over everything, held-out pairs included, after the best epoch has been found. Default 1. */
  readonly closingEpochs?: number;
  /** Which items get rows of their own; by default all that are seen, for ever. */
  readonly itemTable?: ItemTablePolicy;
  /** Warm start: training goes on from this model, which is changed in place. Sizes are taken from it. */
  readonly from?: TwoTower;
  /** Only pairs from this moment on are learnt from; older events are history. For a model that knows the rest. */
  readonly learnFromMs?: number;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** Rates of the tables relative to the dense weights': Adagrad's steps shrink, Adam's do not. */
const ID_RATE = 30;
const CONTENT_RATE = 10;
const BIAS_RATE = 10;

const UNIT_SIZE = 32;
const HALF_LIFE_SHARE = 0.2;

/** Trains a two-tower model, or goes on training one. The same seed and data give the same model on one backend. */
export async function trainTwoTower(
  options: TwoTowerTrainingOptions,
): Promise<{ readonly model: TwoTower; readonly report: TrainingReport }> {
  const run = new TwoTowerRun(options);
  return run.train();
}

class TwoTowerRun {
  private readonly frame: TrainingFrame;
  private readonly model: TwoTower;
  private readonly batch: TrainingBatch;
  private readonly adam: Adam;
  private readonly random: Random;
  private readonly itemGradients;
  private readonly tableGradients;
  private readonly meter: ProgressMeter;
  private readonly learnFromMs: number;
  private readonly holdOutFromMs: number;

  constructor(private readonly options: TwoTowerTrainingOptions) {
    const { eventTypes, sources, seed, catalogue } = options;
    this.random = seededRandom(seed ^ 0x5eed);
    this.model = options.from ?? TwoTower.create(configOf(options), sources, seed, options.itemTable);
    const { config, items, tables, weights } = this.model.parts;
    this.frame = buildTrainingFrame({
      ...options,
      pairHalfLifeMs: options.pairHalfLifeMs ?? HALF_LIFE_SHARE * windowMs(options.events),
      eventTypes,
      historyCountMax: config.historyCountMax,
      profileSource: sources.profile,
    });
    const ordinalLimit = catalogue.reduce(
      (limit, ordinal) => Math.max(limit, ordinal + 1),
      this.frame.ordinalLimit,
    );
    const { admit, expire } = planItemRows({
      activity: itemActivity(options.events, this.frame.ordinalLimit),
      policy: options.itemTable ?? DEFAULT_ITEM_TABLE,
      hasRow: (ordinal) => items.hasRow(ordinal),
      ordinalLimit,
      nowMs: newestMs(options.events),
    });
    items.expire(expire, this.random);
    items.admit(admit, this.random);
    this.batch = new TrainingBatch({
      frame: this.frame,
      items,
      tables,
      distribution: samplingDistribution({ pairOrdinals: this.frame.pairOrdinals, catalogue, ordinalLimit }),
      historyCountMax: config.historyCountMax,
      uniformCount: options.uniformNegativeCount,
      idDropShare: options.idDropShare ?? 0.1,
      ordinalLimit,
    });
    this.adam = new Adam(weights, { learningRate: options.learningRate });
    this.itemGradients = items.createGradients();
    this.tableGradients = {
      slots: new RowGradients(tables.slots.rowCount, tables.slots.dim),
      recency: new RowGradients(tables.recency.rowCount, tables.recency.dim),
      profile: new RowGradients(tables.profile.rowCount, tables.profile.dim),
    };
    this.learnFromMs = options.learnFromMs ?? -Infinity;
    this.holdOutFromMs = holdOutStart(this.frame, options.validationShare ?? 0.1, this.learnFromMs);
    this.meter = new ProgressMeter({
      model: 'two-tower',
      epochsMax: options.epochsMax,
      monotonicMs: systemClock.monotonicMs,
      onProgress: options.onProgress,
    });
  }

  async train(): Promise<{ readonly model: TwoTower; readonly report: TrainingReport }> {
    const { epochsMax, patience = 2, closingEpochs = 1 } = this.options;
    const heldOut = Number.isFinite(this.holdOutFromMs);
    const judged = heldOut || this.options.validate !== undefined;
    const stopping = new EarlyStopping(patience);
    const losses: number[] = [];
    let best = judged ? this.snapshot() : null;
    const learnt = (query: number): boolean => this.frame.queryTimesMs[query] >= this.learnFromMs;
    const trainable = (query: number): boolean =>
      learnt(query) && this.frame.queryTimesMs[query] < this.holdOutFromMs;
    for (let epoch = 1; epoch <= epochsMax; epoch += 1) {
      losses.push(await this.runEpoch({ epoch, accept: trainable, rate: 1 }));
      if (!judged) continue;
      if (stopping.note(await this.criterion(epoch))) best = this.snapshot();
      if (stopping.exhausted) break;
    }
    if (best) this.restore(best);
    if (heldOut)
      for (let epoch = 1; epoch <= closingEpochs; epoch += 1)
        losses.push(await this.runEpoch({ epoch: epochsMax, accept: learnt, rate: 0.5 }));
    return { model: this.model, report: this.report(losses, stopping) };
  }

  private async runEpoch(options: {
    readonly epoch: number;
    readonly accept: (query: number) => boolean;
    readonly rate: number;
  }): Promise<number> {
    const units = planUnits({ frame: this.frame, unitSize: UNIT_SIZE, accept: options.accept });
    const batches = packBatches(units, { batchSize: this.options.batchSize, random: this.random });
    this.meter.startEpoch();
    for (const batch of batches) {
      const { loss, examples } = await this.step(batch, options.rate);
      await this.meter.step({ epoch: options.epoch, stepCount: batches.length, loss, examples });
    }
    this.model.refresh();
    return this.meter.loss;
  }

  private async step(
    units: readonly TrainingUnit[],
    rate: number,
  ): Promise<{ loss: number; examples: number }> {
    const { config, items, tables, weights } = this.model.parts;
    const matrices = this.batch.assemble(units, this.random);
    const { loss, gradients } = await twoTowerLossAndGradients(weights, matrices, config);
    const { slots, last, profile, bias, items: itemSlopes, ...dense } = gradients;
    this.batch.takeApart(
      { slots, last, profile, bias, items: itemSlopes },
      { items: this.itemGradients, tables: this.tableGradients },
    );
    const learningRate = this.options.learningRate * rate;
    this.adam.apply(dense, rate);
    items.apply(this.itemGradients, { ids: ID_RATE * learningRate, contents: CONTENT_RATE * learningRate });
    for (const name of ['slots', 'recency', 'profile'] as const) {
      tables[name].applyAdagrad(this.tableGradients[name], BIAS_RATE * learningRate);
      this.tableGradients[name].clear();
    }
    return { loss, examples: matrices.pairCount };
  }

  private criterion(epoch: number): Promise<number> {
    return this.options.validate
      ? this.options.validate(this.model, epoch)
      : validateTwoTower({
          model: this.model,
          frame: this.frame,
          fromMs: this.holdOutFromMs,
          catalogue: this.options.catalogue,
          userAttributes: this.options.userAttributes,
          random: seededRandom(this.options.seed),
        });
  }

  private snapshot() {
    const { items, tables, weights } = this.model.parts;
    return {
      items: items.snapshot(),
      slots: tables.slots.snapshot(),
      recency: tables.recency.snapshot(),
      profile: tables.profile.snapshot(),
      weights: weights.snapshot(),
    };
  }

  private restore(snapshot: ReturnType<TwoTowerRun['snapshot']>): void {
    const { items, tables, weights } = this.model.parts;
    items.restore(snapshot.items);
    for (const name of ['slots', 'recency', 'profile'] as const) tables[name].restore(snapshot[name]);
    weights.restore(snapshot.weights);
    this.model.refresh();
  }

  private report(losses: readonly number[], stopping: EarlyStopping): TrainingReport {
    const { history, bestEpoch } = stopping;
    const metrics: Record<string, number> = {};
    if (history.length > 0) metrics['twoTower.validation'] = history[bestEpoch - 1];
    return {
      losses,
      validation: history,
      bestEpoch: history.length > 0 ? bestEpoch : losses.length,
      exampleCount: this.meter.exampleCount,
      examplesPerSecond: this.meter.examplesPerSecond,
      durationMs: this.meter.durationMs,
      metrics,
    };
  }
}

function configOf(options: TwoTowerTrainingOptions): TwoTowerConfig {
  return {
    dimension: options.dimension,
    attentionSize: 32,
    profileSize: 16,
    hiddenSize: 2 * options.dimension,
    historyCountMax: options.historyCountMax,
    eventTypeCount: options.eventTypes.length,
    temperature: options.temperature,
  };
}

const newestMs = ({ timesMs, count }: EventColumns): number => (count > 0 ? timesMs[count - 1] : 0);

const windowMs = ({ timesMs, count }: EventColumns): number =>
  count > 0 ? timesMs[count - 1] - timesMs[0] : 0;

/** Time from which the newest `share` of the pairs to learn from are; Infinity when nothing is to be held out. */
function holdOutStart(frame: TrainingFrame, share: number, learnFromMs: number): number {
  if (share <= 0 || frame.queryCount === 0) return Infinity;
  const order = Uint32Array.from(frame.queryTimesMs, (_, query) => query)
    .filter((query) => frame.queryTimesMs[query] >= learnFromMs)
    .sort((left, right) => frame.queryTimesMs[left] - frame.queryTimesMs[right]);
  const pairCount = order.reduce(
    (sum, query) => sum + frame.pairOffsets[query + 1] - frame.pairOffsets[query],
    0,
  );
  let kept = pairCount * (1 - share);
  for (const query of order) {
    kept -= frame.pairOffsets[query + 1] - frame.pairOffsets[query];
    if (kept < 0) return frame.queryTimesMs[query];
  }
  return Infinity;
}
