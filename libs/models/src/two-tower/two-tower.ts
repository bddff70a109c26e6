import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import type { QueryFeatures, TensorFile } from '@winnow/domain';
import { EmbeddingTable, evaluate } from '@winnow/tensor';
import type { Parameters } from '@winnow/tensor';
import type { ContentSource, ProfileSource } from '../content-source';
import { HistorySlots } from '../items/history-slots';
import { ItemRepresentation } from '../items/item-representation';
import type { ItemTablePolicy } from '../items/item-table-policy';
import { createQueryTables } from '../items/query-tables';
import type { QueryTables } from '../items/query-tables';
import { recencyRowCount } from '../items/recency';
import { RepresentationCache } from '../items/representation-cache';
import { createTwoTowerParameters, itemTower, queryTower } from './two-tower-network';
import type { TwoTowerConfig } from './two-tower-network';

/** Items that go through the item tower at once. */
const ITEM_BATCH = 4096;

export interface TwoTowerSources {
  readonly content: ContentSource;
  readonly profile: ProfileSource;
}

/** The learnt parts of a two-tower model, for the trainer to change in place. */
export interface TwoTowerParts {
  readonly config: TwoTowerConfig;
  readonly items: ItemRepresentation;
  readonly tables: QueryTables;
  readonly weights: Parameters;
}

/**
 * Retrieval model: a query tower over history, profile and context, and an item tower over id and content, meeting in
 * one space where the inner product ranks (Covington et al., RecSys 2016; Yi et al., RecSys 2019). Both towers read the
 * same item representation, so what was learnt of an item as a target is known of it as a past interaction.
 */
export class TwoTower {
  private readonly cache: RepresentationCache;

  private constructor(
    readonly parts: TwoTowerParts,
    private readonly sources: TwoTowerSources,
  ) {
    this.cache = new RepresentationCache(parts.items, sources.content);
  }

  /** An untrained model; by default every item that it is trained on gets a row of its own. */
  static create(
    config: TwoTowerConfig,
    sources: TwoTowerSources,
    seed: number,
    policy?: ItemTablePolicy,
  ): TwoTower {
    const random = seededRandom(seed);
    const items = ItemRepresentation.create({
      dim: config.dimension,
      source: sources.content,
      random,
      policy,
    });
    const tables = createQueryTables(config, sources.profile, random);
    return new TwoTower(
      { config, items, tables, weights: createTwoTowerParameters(config, random) },
      sources,
    );
  }

  /** Length of the vectors of both towers. */
  get dimension(): number {
    return this.parts.config.dimension;
  }

  /** Whether the item was in the training data; others are placed by their content. */
  isTrainedOn(ordinal: number): boolean {
    return this.parts.items.hasRow(ordinal);
  }

  /** The query's vector, [dim], L2-normalised; an empty history is answered from profile and context. */
  async encodeQuery(query: QueryFeatures): Promise<Float32Array> {
    return this.encodeQueries([query]);
  }

  /** Several queries at once: row-major [queries, dim]. */
  async encodeQueries(queries: readonly QueryFeatures[]): Promise<Float32Array> {
    const { config, tables, weights } = this.parts;
    const histories = queries.map(({ history }) => history.slice(-config.historyCountMax));
    const events = histories.flat();
    const slots = new HistorySlots({
      items: this.cache,
      tables,
      historyCountMax: config.historyCountMax,
      events: {
        ordinals: events.map(({ ordinal }) => ordinal),
        eventTypes: events.map(({ eventType }) => eventType),
        timesMs: events.map(({ timeMs }) => timeMs),
      },
    });
    const profile = new Float32Array(queries.length * config.profileSize);
    let from = 0;
    queries.forEach((query, index) => {
      const to = from + histories[index].length;
      slots.addShared(from, to, [{ from, to, nowMs: query.nowMs }]);
      from = to;
      const { rows, weights: shares } = this.sources.profile.queryProfile(query);
      rows.forEach((row, entry) =>
        tables.profile.addRow(row, shares[entry], profile, index * config.profileSize),
      );
    });
    const matrices = slots.matrices();
    const { vectors } = await evaluate(() => ({
      vectors: queryTower(weights.tensors(), {
        slots: tf.tensor2d(matrices.slots, [matrices.slotCount, config.dimension]),
        last: tf.tensor2d(matrices.last, [queries.length, config.dimension]),
        profile: tf.tensor2d(profile, [queries.length, config.profileSize]),
        bias: tf.tensor1d(matrices.bias),
        blocks: matrices.blocks,
      }),
    }));
    return vectors;
  }

  /** Item vectors, row-major [ordinals, dim], L2-normalised. A million take seconds. */
  async encodeItems(ordinals: ArrayLike<number>): Promise<Float32Array> {
    const { dimension } = this.parts.config;
    const out = new Float32Array(ordinals.length * dimension);
    for (let from = 0; from < ordinals.length; from += ITEM_BATCH) {
      const count = Math.min(ITEM_BATCH, ordinals.length - from);
      const items = new Float32Array(count * dimension);
      for (let index = 0; index < count; index += 1)
        this.parts.items.write(ordinals[from + index], items, index * dimension);
      const { vectors } = await evaluate(() => ({
        vectors: itemTower(this.parts.weights.tensors(), tf.tensor2d(items, [count, dimension])),
      }));
      out.set(vectors, from * dimension);
    }
    return out;
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
    const { config, items, tables, weights } = this.parts;
    return {
      tensors: {
        ...items.toTensors(),
        'query/slotTable': tables.slots.toTensor(),
        'query/recencyTable': tables.recency.toTensor(),
        'query/profileTable': tables.profile.toTensor(),
        ...weights.toTensors(),
      },
      metadata: { model: 'two-tower', config: JSON.stringify(config) },
    };
  }

  /**
   * A tower without id rows, which places every item by its content: for services that only encode new items, and have
   * no use for a table as large as the catalogue. Throws as {@link TwoTower.fromTensors} does.
   */
  static contentOnly(file: TensorFile, sources: TwoTowerSources): TwoTower {
    const tensors = ItemRepresentation.contentOnlyTensors(file.tensors);
    return TwoTower.fromTensors({ ...file, tensors }, sources);
  }

  /** Throws a RangeError when the file is of another model, or does not fit the sources' feature set. */
  static fromTensors(file: TensorFile, sources: TwoTowerSources): TwoTower {
    if (file.metadata['model'] !== 'two-tower') throw new RangeError('the file holds no two-tower model');
    const config = JSON.parse(file.metadata['config']) as TwoTowerConfig;
    const items = ItemRepresentation.fromTensors(file.tensors, config.dimension, sources.content);
    const table = (name: string, dim: number, rowCount: number): EmbeddingTable =>
      EmbeddingTable.fromTensor(name, file.tensors[name], dim, rowCount);
    const tables = {
      slots: table('query/slotTable', config.dimension, config.eventTypeCount + 1),
      recency: table('query/recencyTable', 1, recencyRowCount(config.historyCountMax)),
      profile: table('query/profileTable', config.profileSize, sources.profile.profileRowCount),
    };
    const weights = createTwoTowerParameters(config, seededRandom(0));
    weights.load(file.tensors);
    return new TwoTower({ config, items, tables, weights }, sources);
  }
}
