import * as tf from '@tensorflow/tfjs-core';
import { invariant, seededRandom } from '@winnow/domain';
import type { QueryFeatures, Random, TensorFile } from '@winnow/domain';
import { EmbeddingTable, evaluate } from '@winnow/tensor';
import type { Parameters } from '@winnow/tensor';
import type { ContentSource, ProfileSource, WeightedRows } from '../content-source';
import { HistorySlots } from '../items/history-slots';
import type { HistoryMatrices } from '../items/history-slots';
import { ItemRepresentation } from '../items/item-representation';
import { createQueryTables } from '../items/query-tables';
import type { QueryTables } from '../items/query-tables';
import { recencyRowCount } from '../items/recency';
import { RepresentationCache } from '../items/representation-cache';
import type { RankingInput, RankingModel } from '../engines/ranking-engine';
import { FeatureScaler } from '../ranking/feature-scaler';
import type { ValueModel } from '../ranking/value-model';
import type { HeadCalibration } from './calibration';
import { createHeavyRankerParameters, heavyRankerConfigOf, heavyRankerLogits } from './heavy-ranker-network';
import type { HeavyRankerConfig, HeavyRankerInput } from './heavy-ranker-network';

/** Display positions that have a row of their own in training; deeper ones share the last. */
export const POSITION_ROWS = 64;

export interface HeavyRankerSources {
  readonly content: ContentSource;
  readonly profile: ProfileSource;
  /** Turns predictions into the score; its heads are the model's, in any order. */
  readonly valueModel: ValueModel;
}

export interface HeavyRankerTables extends QueryTables {
  /** What a display position adds to each head's logit, [POSITION_ROWS, heads]; read in training only. */
  readonly position: EmbeddingTable;
}

/** The learnt parts of a heavy ranker, for the trainer to change in place. */
export interface HeavyRankerParts {
  readonly config: HeavyRankerConfig;
  readonly items: ItemRepresentation;
  readonly tables: HeavyRankerTables;
  readonly scaler: FeatureScaler;
  readonly weights: Parameters;
}

export interface HeavyRankRequest extends RankingInput {
  /** The query's profile where it is encoded already; else it is encoded from the query. */
  readonly profile?: WeightedRows;
}

/** What the network sees of one query and its candidates, on the host. */
export interface HeavyRankerMatrices {
  /** [ordinals, dim] */
  readonly candidates: Float32Array;
  /** Scaled, [ordinals, featureCount] */
  readonly features: Float32Array;
  /** Of one query: one block. */
  readonly history: HistoryMatrices;
  /** [profileSize] */
  readonly profile: Float32Array;
}

/** Predicts the odds or the value of each objective for each candidate; the value model makes them one score. */
export class HeavyRanker implements RankingModel {
  /** In the order of the heads. */
  readonly valueModel: ValueModel;
  private readonly cache: RepresentationCache;
  private calibration: readonly HeadCalibration[] | null = null;

  constructor(
    readonly parts: HeavyRankerParts,
    private readonly sources: HeavyRankerSources,
  ) {
    this.valueModel = sources.valueModel.orderedAs(parts.config.heads);
    this.cache = new RepresentationCache(parts.items, sources.content);
  }

  /** An untrained model whose heads start at their base rates, given as logits. */
  static create(options: {
    readonly config: HeavyRankerConfig;
    readonly sources: HeavyRankerSources;
    readonly scaler: FeatureScaler;
    readonly baseLogits: Float32Array;
    readonly seed: number;
  }): HeavyRanker {
    const { config, sources, scaler, baseLogits, seed } = options;
    const random = seededRandom(seed);
    const items = ItemRepresentation.create({ dim: config.dimension, source: sources.content, random });
    const tables = createTables(config, sources.profile, random);
    const weights = createHeavyRankerParameters(config, baseLogits, random);
    return new HeavyRanker({ config, items, tables, scaler, weights }, sources);
  }

  get heads(): readonly string[] {
    return this.parts.config.heads;
  }

  /** Scores [ordinals] and the predictions behind them, row-major [ordinals, heads]. */
  async rank(request: HeavyRankRequest): Promise<{ scores: Float32Array; headValues: Float32Array }> {
    const { headValues } = await this.score(request);
    return { scores: this.valueModel.scores(headValues), headValues };
  }

  /** Odds, or values, row-major [ordinals, heads]. Display position has no part in them. */
  async score(request: HeavyRankRequest): Promise<{ readonly headValues: Float32Array }> {
    const { config } = this.parts;
    const count = request.ordinals.length;
    const { candidates, features, history, profile } = this.matricesOf(request);
    if (count === 0) return { headValues: new Float32Array(0) };
    return evaluate(() => ({
      headValues: this.predict({
        candidates: tf.tensor2d(candidates, [count, config.dimension]),
        features: tf.tensor2d(features, [count, config.featureCount]),
        queryOfCandidate: tf.ones([count, 1]),
        slots: tf.tensor2d(history.slots, [history.slotCount, config.dimension]),
        last: tf.tensor2d(history.last, [1, config.dimension]),
        profile: tf.tensor2d(profile, [1, config.profileSize]),
        bias: tf.tensor1d(history.bias),
        blocks: [{ ...history.blocks[0], queryFrom: 0, queryTo: count, biasRows: 1 }],
      }),
    }));
  }

  /** What the network sees of a request, still on the host. O(ordinals · dim), and the encoding of the history. */
  matricesOf({ query, ordinals, features, profile: encoded }: HeavyRankRequest): HeavyRankerMatrices {
    const { config, tables, scaler } = this.parts;
    invariant(
      features.length === ordinals.length * config.featureCount,
      `features are [ordinals, ${config.featureCount}]`,
    );
    const candidates = new Float32Array(ordinals.length * config.dimension);
    ordinals.forEach((ordinal, row) => this.cache.copyTo(ordinal, candidates, row * config.dimension));
    const profile = new Float32Array(config.profileSize);
    const bag = encoded ?? this.sources.profile.queryProfile(query);
    bag.rows.forEach((row, entry) => tables.profile.addRow(row, bag.weights[entry], profile, 0));
    return { candidates, features: scaler.apply(features), history: this.historyOf(query), profile };
  }

  /** What the heads say of an input on the device, differentiable in it: [n, heads]. */
  predict(input: HeavyRankerInput): tf.Tensor2D {
    const { config, weights } = this.parts;
    return this.predictions(heavyRankerLogits(config, weights.tensors(), input)) as tf.Tensor2D;
  }

  /** From now on predicts with these corrections, one a head. */
  calibrate(calibration: readonly HeadCalibration[]): void {
    invariant(calibration.length === this.heads.length, 'one calibration a head');
    this.calibration = calibration;
  }

  /** Forgets remembered item representations; to be called after the weights have changed. */
  refresh(): void {
    this.cache.clear();
  }

  /** Frees device memory. The model must not be used afterwards. */
  dispose(): void {
    this.parts.weights.invalidate();
  }

  toTensors(): TensorFile {
    const { config, items, tables, scaler, weights } = this.parts;
    return {
      tensors: {
        ...items.toTensors(),
        ...scaler.toTensors('scaler/'),
        'query/slotTable': tables.slots.toTensor(),
        'query/recencyTable': tables.recency.toTensor(),
        'query/profileTable': tables.profile.toTensor(),
        'training/positionTable': tables.position.toTensor(),
        ...weights.toTensors(),
      },
      metadata: {
        model: 'heavy-ranker',
        config: JSON.stringify(config),
        ...(this.calibration ? { calibration: JSON.stringify(this.calibration) } : {}),
      },
    };
  }

  /** Throws a RangeError when the file is of another model, or does not fit the sources' feature set. */
  static fromTensors(file: TensorFile, sources: HeavyRankerSources): HeavyRanker {
    if (file.metadata['model'] !== 'heavy-ranker') throw new RangeError('the file holds no heavy ranker');
    const config = heavyRankerConfigOf(file.metadata['config']);
    const { dimension, profileSize, heads, eventTypeCount, historyCountMax } = config;
    const table = (name: string, rowCount: number, dim: number): EmbeddingTable =>
      EmbeddingTable.fromTensor(name, file.tensors[name], dim, rowCount);
    const tables = {
      slots: table('query/slotTable', eventTypeCount + 1, dimension),
      recency: table('query/recencyTable', recencyRowCount(historyCountMax), 1),
      profile: table('query/profileTable', sources.profile.profileRowCount, profileSize),
      position: table('training/positionTable', POSITION_ROWS, heads.length),
    };
    const scaler = FeatureScaler.fromTensors(file.tensors, 'scaler/');
    if (scaler.count !== config.featureCount)
      throw new RangeError(`scaler/means has ${scaler.count} values, expected ${config.featureCount}`);
    const weights = createHeavyRankerParameters(config, new Float32Array(heads.length), seededRandom(0));
    weights.load(file.tensors);
    const items = ItemRepresentation.fromTensors(file.tensors, dimension, sources.content);
    const model = new HeavyRanker({ config, items, tables, scaler, weights }, sources);
    const calibration = file.metadata['calibration'];
    if (calibration) model.calibrate(JSON.parse(calibration) as HeadCalibration[]);
    return model;
  }

  /** What the heads say: odds, calibrated, or values in their own units. [n, heads] → [n, heads] */
  private predictions(logits: tf.Tensor2D): tf.Tensor {
    const odds = tf.sigmoid(this.calibrated(logits));
    const { targets } = this.parts.config;
    if (targets.every(({ loss }) => loss === 'log-loss')) return odds;
    const row = (values: readonly number[]): tf.Tensor => tf.tensor2d([[...values]]);
    const scaled = tf.mul(
      logits,
      row(targets.map((target) => ('deviation' in target ? target.deviation : 0))),
    );
    const values = tf.add(scaled, row(targets.map((target) => ('mean' in target ? target.mean : 0))));
    return tf.add(tf.mul(odds, row(targets.map(({ loss }) => Number(loss === 'log-loss')))), values);
  }

  private calibrated(logits: tf.Tensor2D): tf.Tensor {
    if (!this.calibration) return logits;
    const row = (values: readonly number[]): tf.Tensor => tf.tensor2d([[...values]]);
    const slopes = row(this.calibration.map(({ slope }) => slope));
    return tf.add(tf.mul(logits, slopes), row(this.calibration.map(({ shift }) => shift)));
  }

  private historyOf(query: QueryFeatures) {
    const { config, tables } = this.parts;
    const history = query.history.slice(-config.historyCountMax);
    const slots = new HistorySlots({
      items: this.cache,
      tables,
      historyCountMax: config.historyCountMax,
      events: {
        ordinals: history.map(({ ordinal }) => ordinal),
        eventTypes: history.map(({ eventType }) => eventType),
        timesMs: history.map(({ timeMs }) => timeMs),
      },
    });
    slots.addShared(0, history.length, [{ from: 0, to: history.length, nowMs: query.nowMs }]);
    return slots.matrices();
  }
}

const createTables = (
  config: HeavyRankerConfig,
  profile: ProfileSource,
  random: Random,
): HeavyRankerTables => ({
  ...createQueryTables(config, profile, random),
  position: EmbeddingTable.zeros(POSITION_ROWS, config.heads.length),
});
