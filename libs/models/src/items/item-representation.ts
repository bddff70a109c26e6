import type { NamedTensor, Random } from '@winnow/domain';
import {
  AssignedRows,
  DirectRows,
  EmbeddingTable,
  HashedRows,
  RowGradients,
  SHARED_ROW,
} from '@winnow/tensor';
import type { ByName, RowAssignment, TableCheckpoint } from '@winnow/tensor';
import type { ContentSource } from '../content-source';
import { ContentBags } from './content-bags';
import { DEFAULT_ITEM_TABLE } from './item-table-policy';
import type { ItemTablePolicy } from './item-table-policy';

/** Standard deviation of a fresh row, per √dim: small beside what training makes of it. */
const INITIAL_SCALE = 0.3;

/** Gradients of one batch with respect to the tables of an {@link ItemRepresentation}. */
export interface ItemGradients {
  readonly ids: RowGradients;
  readonly contents: RowGradients;
}

/** A moment that an {@link ItemRepresentation} can go back to. */
export interface ItemSnapshot {
  readonly ids: TableCheckpoint;
  readonly contents: Float32Array;
}

/**
 * What a network knows of an item, [dim]: a row of its own plus a weighted sum of rows for its content. An item
 * without a row (new since training, or dropped out while training) has the shared out-of-vocabulary row instead and
 * is placed by its content.
 */
export class ItemRepresentation {
  private readonly bags: ContentBags;

  private constructor(
    private readonly ids: EmbeddingTable,
    private readonly contents: EmbeddingTable,
    private readonly rows: RowAssignment,
    source: ContentSource,
  ) {
    this.bags = new ContentBags(source);
  }

  static create(options: {
    readonly dim: number;
    readonly source: ContentSource;
    readonly random: Random;
    /** How items get rows; by default each its own. */
    readonly policy?: ItemTablePolicy;
  }): ItemRepresentation {
    const { dim, source, random, policy = DEFAULT_ITEM_TABLE } = options;
    const standardDeviation = INITIAL_SCALE / Math.sqrt(dim);
    const { ids, rows } = createIds({ policy, dim, standardDeviation, random });
    const rowCount = source.contentRowCount + source.denseCount;
    const contents = EmbeddingTable.random({ rowCount, dim, standardDeviation, random });
    return new ItemRepresentation(ids, contents, rows, source);
  }

  get dim(): number {
    return this.ids.dim;
  }

  /** Whether the item is known by its id; others are placed by their content. */
  hasRow(ordinal: number): boolean {
    return this.rows.isAdmitted(ordinal);
  }

  /** Gives rows to items that have none yet, O(rows added); they start where unknown items are. */
  admit(ordinals: ArrayLike<number>, random: Random): void {
    this.rows.admit(ordinals);
    this.ids.grow(this.rows.rowCount, INITIAL_SCALE / Math.sqrt(this.dim), random);
  }

  /** Takes items' rows away: from here they are placed by their content, until they are admitted anew. O(rows). */
  expire(ordinals: ArrayLike<number>, random: Random): void {
    for (const row of this.rows.expire(ordinals))
      this.ids.renew(row, INITIAL_SCALE / Math.sqrt(this.dim), random);
  }

  /** Writes the item's representation, [dim], at `offset`. O(rows of its content · dim). */
  write(ordinal: number, out: Float32Array, offset: number): void {
    out.fill(0, offset, offset + this.dim);
    this.addId(ordinal, out, offset);
    this.bags.visit(ordinal, (row, weight) => this.contents.addRow(row, weight, out, offset));
  }

  /** As {@link write} with the content remembered; `withoutId` places the item by content alone. */
  writeForTraining(options: {
    readonly ordinal: number;
    readonly withoutId: boolean;
    readonly out: Float32Array;
    readonly offset: number;
  }): void {
    const { ordinal, withoutId, out, offset } = options;
    out.fill(0, offset, offset + this.dim);
    if (withoutId) this.ids.addRow(SHARED_ROW, 1, out, offset);
    else this.addId(ordinal, out, offset);
    this.bags.addRows(ordinal, this.contents, out, offset);
  }

  createGradients(): ItemGradients {
    return {
      ids: new RowGradients(this.ids.rowCount, this.dim),
      contents: new RowGradients(this.contents.rowCount, this.dim),
    };
  }

  /** The backward pass of {@link writeForTraining}: `slope` [dim] at `offset` goes to the rows that made the item. */
  addGradient(
    gradients: ItemGradients,
    item: {
      readonly ordinal: number;
      readonly withoutId: boolean;
      readonly slope: Float32Array;
      readonly offset: number;
    },
  ): void {
    const { ordinal, withoutId, slope, offset } = item;
    gradients.ids.add(withoutId ? SHARED_ROW : this.rows.rowOf(ordinal), 1, slope, offset);
    const second = withoutId ? -1 : this.rows.secondRowOf(ordinal);
    if (second >= 0) gradients.ids.add(second, 1, slope, offset);
    this.bags.addGradients(ordinal, gradients.contents, slope, offset);
  }

  /** One Adagrad step on the rows that have gradients, which are cleared. */
  apply(gradients: ItemGradients, rates: { readonly ids: number; readonly contents: number }): void {
    this.ids.applyAdagrad(gradients.ids, rates.ids);
    this.contents.applyAdagrad(gradients.contents, rates.contents);
    gradients.ids.clear();
    gradients.contents.clear();
  }

  /** This moment, to {@link restore}; an earlier one is forgotten. Memory is for the rows that change from here. */
  snapshot(): ItemSnapshot {
    return { ids: this.ids.checkpoint(), contents: this.contents.snapshot() };
  }

  /** Throws unless the snapshot is the newest. */
  restore(snapshot: ItemSnapshot): void {
    this.ids.rollBack(snapshot.ids);
    this.contents.restore(snapshot.contents);
  }

  /**
   * `items/ids` [rows, dim], `items/contents` [content rows, dim], and by the kind of table `items/admitted` or
   * `items/hashed`, U8 [ordinals], or `items/rows`, U32 [ordinals].
   */
  toTensors(): Record<string, NamedTensor> {
    const { column } = this.rows;
    return {
      'items/ids': this.ids.toTensor(),
      'items/contents': this.contents.toTensor(),
      [columnName(this.rows)]: { shape: [column.length], data: column },
    };
  }

  /** The same tensors without the items' own rows: what places every item by its content. */
  static contentOnlyTensors(tensors: ByName<NamedTensor>): Record<string, NamedTensor> {
    const { [HASHED]: _hashed, [ASSIGNED]: _assigned, ...kept } = tensors;
    const ids = kept['items/ids'];
    if (!(ids?.data instanceof Float32Array)) throw new RangeError('tensor items/ids is missing');
    const dim = ids.shape[1];
    return {
      ...kept,
      'items/ids': { shape: [1, dim], data: ids.data.slice(0, dim) },
      [DIRECT]: { shape: [0], data: new Uint8Array(0) },
    };
  }

  /** Throws a RangeError that names the tensor that is missing or does not fit the content source. */
  static fromTensors(tensors: ByName<NamedTensor>, dim: number, source: ContentSource): ItemRepresentation {
    const ids = EmbeddingTable.fromTensor('items/ids', tensors['items/ids'], dim);
    const contents = EmbeddingTable.fromTensor('items/contents', tensors['items/contents'], dim);
    const rows = assignmentOf(tensors, ids.rowCount);
    if (contents.rowCount !== source.contentRowCount + source.denseCount)
      throw new RangeError(
        `tensor items/contents has ${contents.rowCount} rows, the feature set needs ${source.contentRowCount + source.denseCount}`,
      );
    return new ItemRepresentation(ids, contents, rows, source);
  }

  private addId(ordinal: number, out: Float32Array, offset: number): void {
    this.ids.addRow(this.rows.rowOf(ordinal), 1, out, offset);
    const second = this.rows.secondRowOf(ordinal);
    if (second >= 0) this.ids.addRow(second, 1, out, offset);
  }
}

const DIRECT = 'items/admitted';
const ASSIGNED = 'items/rows';
const HASHED = 'items/hashed';

function columnName(rows: RowAssignment): string {
  if (rows instanceof HashedRows) return HASHED;
  return rows instanceof AssignedRows ? ASSIGNED : DIRECT;
}

/** Rows drawn one after another where every item has one; drawn when needed where they are shared or handed out. */
function createIds(options: {
  readonly policy: ItemTablePolicy;
  readonly dim: number;
  readonly standardDeviation: number;
  readonly random: Random;
}): { readonly ids: EmbeddingTable; readonly rows: RowAssignment } {
  const { policy, dim, standardDeviation, random } = options;
  if (policy.kind === 'direct' && policy.admitAfterCount <= 1 && policy.expireAfterDays === 0)
    return {
      ids: EmbeddingTable.random({ rowCount: 1, dim, standardDeviation, random }),
      rows: DirectRows.empty(),
    };
  const seed = Math.floor(random() * 4_294_967_296);
  if (policy.kind === 'direct')
    return {
      ids: EmbeddingTable.seeded({ rowCount: 1, dim, standardDeviation, seed }),
      rows: AssignedRows.empty(),
    };
  const { rowCount } = policy;
  return {
    // The sum of two rows is to have the deviation of one.
    ids: EmbeddingTable.seeded({ rowCount, dim, standardDeviation: standardDeviation * Math.SQRT1_2, seed }),
    rows: HashedRows.empty(rowCount),
  };
}

function assignmentOf(tensors: ByName<NamedTensor>, rowCount: number): RowAssignment {
  const hashed = tensors[HASHED]?.data;
  if (hashed instanceof Uint8Array) return HashedRows.of(hashed, rowCount);
  const assigned = tensors[ASSIGNED]?.data;
  if (assigned instanceof Uint32Array) return AssignedRows.of(assigned, rowCount);
  const admitted = tensors[DIRECT]?.data;
  if (!(admitted instanceof Uint8Array) || admitted.length + 1 !== rowCount)
    throw new RangeError(`tensor ${DIRECT} must be U8, one per id row`);
  return DirectRows.of(admitted);
}
