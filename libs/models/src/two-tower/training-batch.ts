import type { Random } from '@winnow/domain';
import type { RowGradients } from '@winnow/tensor';
import { BatchItems } from '../items/batch-items';
import { HistorySlots } from '../items/history-slots';
import type { HistoryMatrices } from '../items/history-slots';
import type { ItemGradients, ItemRepresentation } from '../items/item-representation';
import type { QueryTables } from '../items/query-tables';
import type { TrainingUnit } from './batch-plan';
import { drawUniform } from './negative-sampling';
import type { SamplingDistribution } from './negative-sampling';
import { SoftmaxColumns } from './softmax-columns';
import type { PairMatrices } from './softmax-columns';
import type { TrainingFrame } from './training-frame';

export type QueryTableGradients = Readonly<Record<keyof QueryTables, RowGradients>>;

/** The matrices of one batch, row-major, ready for the device. */
export interface BatchMatrices extends HistoryMatrices, PairMatrices {
  readonly pairCount: number;
  readonly columnCount: number;
  /** [queries, profileSize] */
  readonly profile: Float32Array;
  /** Representations of the softmax' columns, [columns, dim] */
  readonly items: Float32Array;
  /** One-hot query of each pair, [pairs, queries] */
  readonly queryOfPair: Float32Array;
}

export interface TrainingBatchOptions {
  readonly frame: TrainingFrame;
  readonly items: ItemRepresentation;
  readonly tables: QueryTables;
  readonly distribution: SamplingDistribution;
  readonly historyCountMax: number;
  readonly uniformCount: number;
  /** Share of a batch's items that are placed by content alone. */
  readonly idDropShare: number;
  /** Every ordinal of frame and catalogue is below this. */
  readonly ordinalLimit: number;
}

/** Assembles batches and takes their slopes apart again. One object per training run. */
export class TrainingBatch {
  private readonly batchItems: BatchItems;
  private readonly histories: HistorySlots;
  private readonly columns: SoftmaxColumns;
  /** Query in the frame of each query in the batch. */
  private queries: number[] = [];

  constructor(private readonly options: TrainingBatchOptions) {
    const { frame, items, tables, historyCountMax, ordinalLimit } = options;
    this.batchItems = new BatchItems(items, ordinalLimit);
    this.histories = new HistorySlots({ items: this.batchItems, tables, historyCountMax, events: frame });
    this.columns = new SoftmaxColumns(options);
  }

  assemble(units: readonly TrainingUnit[], random: Random): BatchMatrices {
    const { uniformCount, distribution, idDropShare, items } = this.options;
    const pairQueries = this.layOut(units);
    this.columns.collect(units, drawUniform(distribution.catalogue, uniformCount, random), this.batchItems);
    this.batchItems.represent(idDropShare, random);
    const representations = new Float32Array(this.columns.count * items.dim);
    this.columns.batchItems.forEach((item, column) =>
      this.batchItems.copyTo(item, representations, column * items.dim),
    );
    const queryOfPair = new Float32Array(pairQueries.length * this.queries.length);
    pairQueries.forEach((query, pair) => {
      queryOfPair[pair * this.queries.length + query] = 1;
    });
    return {
      ...this.histories.matrices(),
      ...this.columns.pairMatrices(units),
      pairCount: pairQueries.length,
      columnCount: this.columns.count,
      profile: this.profiles(),
      items: representations,
      queryOfPair,
    };
  }

  /** Routes the slopes of the leaves back to the rows they came from. */
  takeApart(
    slopes: Readonly<Record<'slots' | 'last' | 'profile' | 'bias' | 'items', Float32Array>>,
    gradients: { readonly items: ItemGradients; readonly tables: QueryTableGradients },
  ): void {
    const { items, tables } = this.options;
    this.histories.takeApart(slopes, gradients.tables, (item, slope, offset) =>
      this.batchItems.addSlope(item, slope, offset),
    );
    this.columns.batchItems.forEach((item, column) =>
      this.batchItems.addSlope(item, slopes.items, column * items.dim),
    );
    this.forEachProfileRow((query, row, weight) =>
      gradients.tables.profile.add(row, weight, slopes.profile, query * tables.profile.dim),
    );
    this.batchItems.finish(gradients.items);
  }

  /** Places the units' events in slots; returns each pair's query within the batch. */
  private layOut(units: readonly TrainingUnit[]): number[] {
    const { frame } = this.options;
    this.histories.reset();
    this.queries = [];
    const pairQueries: number[] = [];
    for (const unit of units) {
      const spans = [];
      for (let query = unit.queryFrom; query < unit.queryTo; query += 1) {
        const from = Math.max(unit.pairFrom, frame.pairOffsets[query]);
        const to = Math.min(unit.pairTo, frame.pairOffsets[query + 1]);
        for (let pair = from; pair < to; pair += 1) pairQueries.push(this.queries.length);
        this.queries.push(query);
        spans.push({
          from: frame.historyFrom[query],
          to: frame.historyTo[query],
          nowMs: frame.queryTimesMs[query],
        });
      }
      this.histories.addShared(unit.slotFrom, unit.slotTo, spans);
    }
    return pairQueries;
  }

  private profiles(): Float32Array {
    const { profile } = this.options.tables;
    const out = new Float32Array(this.queries.length * profile.dim);
    this.forEachProfileRow((query, row, weight) => profile.addRow(row, weight, out, query * profile.dim));
    return out;
  }

  private forEachProfileRow(visit: (query: number, row: number, weight: number) => void): void {
    const { offsets, rows, weights } = this.options.frame.profiles;
    this.queries.forEach((query, index) => {
      for (let entry = offsets[query]; entry < offsets[query + 1]; entry += 1)
        visit(index, rows[entry], weights[entry]);
    });
  }
}
