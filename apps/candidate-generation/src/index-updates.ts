import { ordinal, type VectorIndex } from '@winnow/domain';

/** Items that go through the item tower at once, so that a search waits for one batch at most. */
const BATCH_MAX = 128;

export interface IndexUpdatesOptions {
  readonly index: VectorIndex;
  /** Present and available: nothing else may be retrieved. */
  readonly isAvailable: (ordinal: number) => boolean;
  /** Item tower output, row-major [ordinals, dimension]. */
  readonly encodeItems: (ordinals: Uint32Array) => Promise<Float32Array>;
  /** One item's vector could not be stored, or a whole batch could not be made; those items stay as they were. */
  readonly onError: (error: unknown, ordinals: Uint32Array) => void;
}

/**
 * Keeps an index in step with the catalogue. Remembers which items changed, not what changed, and looks at the
 * catalogue when it gets to them: many changes to one item cost one, and a repeated change does no harm.
 */
export class IndexUpdates {
  private readonly dirty = new Set<number>();
  private working: Promise<void> | null = null;
  private closed = false;

  constructor(private readonly options: IndexUpdatesOptions) {}

  /** Items waiting. */
  get pendingCount(): number {
    return this.dirty.size;
  }

  /** The item was upserted or deleted. */
  changed(itemOrdinal: number): void {
    if (this.closed) return;
    this.dirty.add(itemOrdinal);
    this.working ??= this.work().finally(() => {
      this.working = null;
    });
  }

  /** Resolves when the index has every change so far. */
  async settled(): Promise<void> {
    while (this.working) await this.working;
  }

  /** Drops what is waiting, then waits for the batch in hand. */
  async close(): Promise<void> {
    this.closed = true;
    this.dirty.clear();
    await this.settled();
  }

  private async work(): Promise<void> {
    // Changes come in bursts: let the burst end before the first batch is cut.
    await Promise.resolve();
    while (this.dirty.size > 0) {
      const batch = this.takeBatch();
      const isAvailable = (each: number): boolean => this.options.isAvailable(each);
      await this.remove(batch.filter((each) => !isAvailable(each)));
      await this.upsert(Uint32Array.from(batch.filter(isAvailable)));
    }
  }

  private takeBatch(): number[] {
    const batch: number[] = [];
    for (const each of this.dirty) {
      if (batch.length === BATCH_MAX) break;
      batch.push(each);
    }
    for (const each of batch) this.dirty.delete(each);
    return batch;
  }

  private async remove(ordinals: readonly number[]): Promise<void> {
    for (const each of ordinals)
      await this.options.index
        .remove(ordinal(each))
        .catch((error: unknown) => this.options.onError(error, Uint32Array.of(each)));
  }

  private async upsert(ordinals: Uint32Array): Promise<void> {
    if (ordinals.length === 0) return;
    const { index, encodeItems, isAvailable, onError } = this.options;
    try {
      const vectors = await encodeItems(ordinals);
      for (const [row, each] of ordinals.entries()) {
        // Deleted while the tower ran: its removal is waiting, and must not be overtaken.
        if (!isAvailable(each)) continue;
        const vector = vectors.subarray(row * index.dimension, (row + 1) * index.dimension);
        await index
          .upsert(ordinal(each), vector)
          .catch((error: unknown) => onError(error, Uint32Array.of(each)));
      }
    } catch (error) {
      onError(error, ordinals);
    }
  }
}
