import type { Random } from '@winnow/domain';
import { axpy } from '@winnow/tensor';
import type { ItemGradients, ItemRepresentation } from './item-representation';
import type { RepresentationReader } from './representation-cache';

/**
 * The distinct items of one training batch: each is represented once, however often it appears, and the slopes of all
 * its appearances are summed before they go to the tables.
 */
export class BatchItems implements RepresentationReader {
  private readonly slots: Int32Array;
  private ordinals: Uint32Array = new Uint32Array(1024);
  private count = 0;
  private values: Float32Array = new Float32Array(0);
  private slopes: Float32Array = new Float32Array(0);
  private withoutId: Uint8Array = new Uint8Array(0);

  /** @param ordinalLimit every ordinal of every batch is below this */
  constructor(
    private readonly items: ItemRepresentation,
    ordinalLimit: number,
  ) {
    this.slots = new Int32Array(ordinalLimit).fill(-1);
  }

  get dim(): number {
    return this.items.dim;
  }

  /** Distinct items so far. */
  get size(): number {
    return this.count;
  }

  /** Index of the item within the batch; the same for every call until {@link reset}. */
  indexOf(ordinal: number): number {
    if (this.slots[ordinal] >= 0) return this.slots[ordinal];
    if (this.count === this.ordinals.length) {
      const wider = new Uint32Array(this.count * 2);
      wider.set(this.ordinals);
      this.ordinals = wider;
    }
    this.slots[ordinal] = this.count;
    this.ordinals[this.count] = ordinal;
    this.count += 1;
    return this.count - 1;
  }

  /** Represents every item; `dropShare` of them by content alone. O(items · content rows · dim). */
  represent(dropShare: number, random: Random): void {
    const { dim } = this.items;
    if (this.values.length < this.count * dim) {
      this.values = new Float32Array(this.count * dim * 2);
      this.slopes = new Float32Array(this.count * dim * 2);
      this.withoutId = new Uint8Array(this.count * 2);
    }
    for (let index = 0; index < this.count; index += 1) {
      this.withoutId[index] = random() < dropShare ? 1 : 0;
      this.items.writeForTraining({
        ordinal: this.ordinals[index],
        withoutId: this.withoutId[index] === 1,
        out: this.values,
        offset: index * dim,
      });
    }
    this.slopes.fill(0, 0, this.count * dim);
  }

  /** `out[offset …] += representation`, [dim]. */
  copyTo(index: number, out: Float32Array, offset: number): void {
    const { dim } = this.items;
    axpy(dim, 1, this.values, index * dim, out, offset);
  }

  /** Adds the slope of one appearance, [dim] at `offset`. */
  addSlope(index: number, slope: Float32Array, offset: number): void {
    const { dim } = this.items;
    axpy(dim, 1, slope, offset, this.slopes, index * dim);
  }

  /** Hands the summed slopes to the tables' gradients and forgets the batch. */
  finish(gradients: ItemGradients): void {
    for (let index = 0; index < this.count; index += 1)
      this.items.addGradient(gradients, {
        ordinal: this.ordinals[index],
        withoutId: this.withoutId[index] === 1,
        slope: this.slopes,
        offset: index * this.items.dim,
      });
    this.reset();
  }

  reset(): void {
    for (let index = 0; index < this.count; index += 1) this.slots[this.ordinals[index]] = -1;
    this.count = 0;
  }
}
