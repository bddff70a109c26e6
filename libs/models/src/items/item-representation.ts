import type { NamedTensor, Random } from '@winnow/domain';
import { EmbeddingTable, RowGradients } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { ContentSource } from '../content-source';
import { ContentBags } from './content-bags';

/** Row of the id table for every item that has no row of its own; the item with ordinal o has row o + 1. */
const OUT_OF_VOCABULARY = 0;

/** Standard deviation of a fresh row, per √dim: small beside what training makes of it. */
const INITIAL_SCALE = 0.3;

/** Gradients of one batch with respect to the tables of an {@link ItemRepresentation}. */
export interface ItemGradients {
  readonly ids: RowGradients;
  readonly contents: RowGradients;
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
    private admitted: Uint8Array,
    source: ContentSource,
  ) {
    this.bags = new ContentBags(source);
  }

  static create(options: {
    readonly dim: number;
    readonly source: ContentSource;
    readonly random: Random;
  }): ItemRepresentation {
    const { dim, source, random } = options;
    const standardDeviation = INITIAL_SCALE / Math.sqrt(dim);
    const ids = EmbeddingTable.random({ rowCount: 1, dim, standardDeviation, random });
    const rowCount = source.contentRowCount + source.denseCount;
    const contents = EmbeddingTable.random({ rowCount, dim, standardDeviation, random });
    return new ItemRepresentation(ids, contents, new Uint8Array(0), source);
  }

  get dim(): number {
    return this.ids.dim;
  }

  /** Whether the item has a row of its own. */
  hasRow(ordinal: number): boolean {
    return this.admitted[ordinal] === 1;
  }

  /** Gives rows to items that have none yet, O(rows added); they start where unknown items are. */
  admit(ordinals: ArrayLike<number>, random: Random): void {
    let limit = this.admitted.length;
    for (let index = 0; index < ordinals.length; index += 1) limit = Math.max(limit, ordinals[index] + 1);
    const admitted = new Uint8Array(limit);
    admitted.set(this.admitted);
    this.admitted = admitted;
    this.ids.grow(limit + 1, INITIAL_SCALE / Math.sqrt(this.dim), random);
    for (let index = 0; index < ordinals.length; index += 1) admitted[ordinals[index]] = 1;
  }

  /** Writes the item's representation, [dim], at `offset`. O(rows of its content · dim). */
  write(ordinal: number, out: Float32Array, offset: number): void {
    out.fill(0, offset, offset + this.dim);
    this.ids.addRow(this.rowOf(ordinal), 1, out, offset);
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
    this.ids.addRow(withoutId ? OUT_OF_VOCABULARY : this.rowOf(ordinal), 1, out, offset);
    this.bags.visitCached(ordinal, (row, weight) => this.contents.addRow(row, weight, out, offset));
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
    gradients.ids.add(withoutId ? OUT_OF_VOCABULARY : this.rowOf(ordinal), 1, slope, offset);
    this.bags.visitCached(ordinal, (row, weight) => gradients.contents.add(row, weight, slope, offset));
  }

  /** One Adagrad step on the rows that have gradients, which are cleared. */
  apply(gradients: ItemGradients, rates: { readonly ids: number; readonly contents: number }): void {
    this.ids.applyAdagrad(gradients.ids, rates.ids);
    this.contents.applyAdagrad(gradients.contents, rates.contents);
    gradients.ids.clear();
    gradients.contents.clear();
  }

  snapshot(): { readonly ids: Float32Array; readonly contents: Float32Array } {
    return { ids: this.ids.snapshot(), contents: this.contents.snapshot() };
  }

  restore(snapshot: { readonly ids: Float32Array; readonly contents: Float32Array }): void {
    this.ids.restore(snapshot.ids);
    this.contents.restore(snapshot.contents);
  }

  /** `items/ids` [ordinals + 1, dim], `items/contents` [rows, dim], `items/admitted` [ordinals]. */
  toTensors(): Record<string, NamedTensor> {
    return {
      'items/ids': this.ids.toTensor(),
      'items/contents': this.contents.toTensor(),
      'items/admitted': { shape: [this.admitted.length], data: this.admitted },
    };
  }

  /** Throws a RangeError that names the tensor that is missing or does not fit the content source. */
  static fromTensors(tensors: ByName<NamedTensor>, dim: number, source: ContentSource): ItemRepresentation {
    const ids = EmbeddingTable.fromTensor('items/ids', tensors['items/ids'], dim);
    const contents = EmbeddingTable.fromTensor('items/contents', tensors['items/contents'], dim);
    const admitted = tensors['items/admitted']?.data;
    if (!(admitted instanceof Uint8Array) || admitted.length + 1 !== ids.rowCount)
      throw new RangeError('tensor items/admitted must be U8, one per id row');
    if (contents.rowCount !== source.contentRowCount + source.denseCount)
      throw new RangeError(
        `tensor items/contents has ${contents.rowCount} rows, the feature set needs ${source.contentRowCount + source.denseCount}`,
      );
    return new ItemRepresentation(ids, contents, admitted, source);
  }

  private rowOf(ordinal: number): number {
    return this.admitted[ordinal] === 1 ? ordinal + 1 : OUT_OF_VOCABULARY;
  }
}
