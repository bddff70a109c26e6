import { axpy } from '@winnow/tensor';
import type { AttentionBlock, EmbeddingTable, RowGradients } from '@winnow/tensor';
import { ageRow, INVISIBLE, placeRow } from './recency';
import type { RepresentationReader } from './representation-cache';

/** Interactions as parallel columns; each query's history is a range of them, oldest first. */
export interface EventRows {
  readonly ordinals: ArrayLike<number>;
  readonly eventTypes: ArrayLike<number>;
  readonly timesMs: ArrayLike<number>;
}

/** Tables that turn an interaction into an attention slot. */
export interface HistoryTables {
  /** One row per event type, then one for an empty history: [eventTypes + 1, dim]. */
  readonly slots: EmbeddingTable;
  /** Attention bias by place and by age: [historyCountMax + octaves, 1]. */
  readonly recency: EmbeddingTable;
}

export type HistoryGradients = Readonly<Record<keyof HistoryTables, RowGradients>>;

/** The matrices with which queries attend to their histories, row-major. */
export interface HistoryMatrices {
  readonly slotCount: number;
  readonly queryCount: number;
  /** [slots, dim]: item plus event type; a block's first slot is the empty history, visible to all its queries. */
  readonly slots: Float32Array;
  /** [queries, dim]: each query's newest slot, or its block's first. */
  readonly last: Float32Array;
  /** Of every block [queries, slots] in turn: recency bias, or {@link INVISIBLE}. */
  readonly bias: Float32Array;
  readonly blocks: readonly AttentionBlock[];
}

interface QuerySpan {
  readonly from: number;
  readonly to: number;
  readonly nowMs: number;
}

/** A block while it is being laid out. */
interface OpenBlock {
  readonly queryFrom: number;
  readonly slotFrom: number;
  slotTo: number;
  queryTo: number;
}

/**
 * Histories of several queries laid out for one attention call. Training and serving build their matrices here, so the
 * two cannot disagree. Queries of one user share slots: {@link addShared} takes them together.
 */
export class HistorySlots {
  /** Event in each slot; −1 for the empty history. */
  private slotEvents: number[] = [];
  private slotItems: number[] = [];
  private queries: QuerySpan[] = [];
  /** Slot of event e, for query q, is `slotBases[q] + e`. */
  private slotBases: number[] = [];
  private blocks: OpenBlock[] = [];

  constructor(
    private readonly options: {
      readonly items: RepresentationReader;
      readonly tables: HistoryTables;
      readonly historyCountMax: number;
      readonly events: EventRows;
      /** A block is closed when it has this many slots; 1 gives every {@link addShared} its own. Default 128. */
      readonly blockSlotCount?: number;
    },
  ) {}

  reset(): void {
    this.slotEvents = [];
    this.slotItems = [];
    this.queries = [];
    this.slotBases = [];
    this.blocks = [];
  }

  get slotCount(): number {
    return this.slotEvents.length;
  }

  get queryCount(): number {
    return this.queries.length;
  }

  /** Adds queries whose histories are ranges within the events `[from, to)`. */
  addShared(from: number, to: number, spans: readonly QuerySpan[]): void {
    const block = this.openBlock();
    const slotBase = this.slotCount - from;
    for (let event = from; event < to; event += 1) {
      this.slotEvents.push(event);
      this.slotItems.push(this.options.items.indexOf(this.options.events.ordinals[event]));
    }
    for (const span of spans) {
      this.queries.push(span);
      this.slotBases.push(slotBase);
    }
    block.slotTo = this.slotCount;
    block.queryTo = this.queryCount;
  }

  /** Items must have been represented by now. O(slots · dim + Σ over blocks of queries · slots). */
  matrices(): HistoryMatrices {
    const { items, tables, events } = this.options;
    const { dim } = items;
    const { slotCount, queryCount } = this;
    const slots = new Float32Array(slotCount * dim);
    for (let slot = 0; slot < slotCount; slot += 1) {
      const event = this.slotEvents[slot];
      if (event >= 0) items.copyTo(this.slotItems[slot], slots, slot * dim);
      tables.slots.addRow(
        event >= 0 ? this.typeRow(events.eventTypes[event]) : this.emptyRow,
        1,
        slots,
        slot * dim,
      );
    }
    const last = new Float32Array(queryCount * dim);
    this.forEachLast((query, slot) => last.set(slots.subarray(slot * dim, (slot + 1) * dim), query * dim));
    const blocks = this.closedBlocks();
    const { biasFrom, biasRows, slotFrom, slotTo } = blocks[blocks.length - 1];
    const bias = new Float32Array(biasFrom + biasRows * (slotTo - slotFrom)).fill(INVISIBLE);
    const { values } = tables.recency;
    this.forEachVisible(blocks, (cell, place, age) => {
      bias[cell] = place < 0 ? 0 : values[place] + values[age];
    });
    return { slotCount, queryCount, slots, last, bias, blocks };
  }

  /** Routes the slopes of {@link matrices} to the tables and, through `addItemSlope`, to the items. */
  takeApart(
    slopes: Readonly<Record<'slots' | 'last' | 'bias', Float32Array>>,
    gradients: HistoryGradients,
    addItemSlope: (item: number, slope: Float32Array, offset: number) => void,
  ): void {
    const { items, events } = this.options;
    const { dim } = items;
    this.forEachLast((query, slot) => axpy(dim, 1, slopes.last, query * dim, slopes.slots, slot * dim));
    for (let slot = 0; slot < this.slotCount; slot += 1) {
      const event = this.slotEvents[slot];
      if (event >= 0) addItemSlope(this.slotItems[slot], slopes.slots, slot * dim);
      const row = event >= 0 ? this.typeRow(events.eventTypes[event]) : this.emptyRow;
      gradients.slots.add(row, 1, slopes.slots, slot * dim);
    }
    this.forEachVisible(this.closedBlocks(), (cell, place, age) => {
      if (place < 0) return;
      gradients.recency.add(place, 1, slopes.bias, cell);
      gradients.recency.add(age, 1, slopes.bias, cell);
    });
  }

  /** The block that takes the next queries; begun with its empty-history slot when the last one is full. */
  private openBlock(): OpenBlock {
    const last = this.blocks[this.blocks.length - 1];
    if (last && last.slotTo - last.slotFrom < (this.options.blockSlotCount ?? 128)) return last;
    const block = {
      queryFrom: this.queryCount,
      queryTo: this.queryCount,
      slotFrom: this.slotCount,
      slotTo: this.slotCount + 1,
    };
    this.slotEvents.push(-1);
    this.slotItems.push(-1);
    this.blocks.push(block);
    return block;
  }

  private closedBlocks(): AttentionBlock[] {
    let biasFrom = 0;
    return this.blocks.map((block) => {
      const closed = { ...block, biasFrom, biasRows: block.queryTo - block.queryFrom };
      biasFrom += closed.biasRows * (block.slotTo - block.slotFrom);
      return closed;
    });
  }

  private get emptyRow(): number {
    return this.options.tables.slots.rowCount - 1;
  }

  /** An event type that the model was not trained with has no row of its own: the empty history's stands in. */
  private typeRow(eventType: number): number {
    return Math.min(eventType, this.emptyRow);
  }

  private forEachLast(visit: (query: number, slot: number) => void): void {
    for (const { queryFrom, queryTo, slotFrom } of this.blocks)
      for (let query = queryFrom; query < queryTo; query += 1) {
        const { from, to } = this.queries[query];
        visit(query, to > from ? this.slotBases[query] + to - 1 : slotFrom);
      }
  }

  /** Every cell of the bias whose query sees its slot, with its two recency rows; −1 for the empty history. */
  private forEachVisible(
    blocks: readonly AttentionBlock[],
    visit: (cell: number, placeRow: number, ageRow: number) => void,
  ): void {
    const { historyCountMax, events } = this.options;
    for (const { queryFrom, queryTo, slotFrom, slotTo, biasFrom } of blocks)
      for (let query = queryFrom; query < queryTo; query += 1) {
        const { from, to, nowMs } = this.queries[query];
        const row = biasFrom + (query - queryFrom) * (slotTo - slotFrom);
        visit(row, -1, -1);
        const base = row + this.slotBases[query] - slotFrom;
        for (let event = from; event < to; event += 1)
          visit(
            base + event,
            placeRow(to - 1 - event, historyCountMax),
            ageRow(nowMs - events.timesMs[event], historyCountMax),
          );
      }
  }
}
