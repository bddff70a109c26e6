import { reasonOf } from '@winnow/domain';
import type { TwoTower } from '@winnow/models';
import type { LiveItemVectors, Logger } from '@winnow/platform';

/** Changes are gathered for this long, so that a bulk upsert is encoded in few batches. */
const GATHER_MS = 50;

export interface NewItemVectorsOptions {
  readonly vectors: LiveItemVectors;
  /** Places items by their content. */
  readonly tower: Pick<TwoTower, 'encodeItems'>;
  readonly logger: Pick<Logger, 'error'>;
}

/**
 * Gives items that arrive after the release a vector by their content, and a new one whenever they change. Items that
 * the release knows keep theirs: it holds what was learnt of them.
 */
export class NewItemVectors {
  private readonly newItems = new Set<number>();
  private readonly pending = new Set<number>();
  private timer: NodeJS.Timeout | undefined;
  private encoding: Promise<void> = Promise.resolve();

  constructor(private readonly options: NewItemVectorsOptions) {}

  /** The item is in the table, new or changed. */
  changed(ordinal: number): void {
    if (!this.newItems.has(ordinal) && this.options.vectors.vector(ordinal)) return;
    this.newItems.add(ordinal);
    this.pending.add(ordinal);
    this.timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Resolves when every change so far has its vector. */
  async settled(): Promise<void> {
    this.flush();
    await this.encoding;
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.pending.clear();
    await this.encoding;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.size === 0) return;
    const ordinals = [...this.pending];
    this.pending.clear();
    this.encoding = this.encoding.then(() => this.encode(ordinals));
  }

  private async encode(ordinals: readonly number[]): Promise<void> {
    const { tower, vectors, logger } = this.options;
    try {
      const encoded = await tower.encodeItems(ordinals);
      const { dimension } = vectors;
      ordinals.forEach((ordinal, index) =>
        vectors.set(ordinal, encoded.slice(index * dimension, (index + 1) * dimension)),
      );
    } catch (thrown) {
      logger.error({ reason: reasonOf(thrown), count: ordinals.length }, 'new items have no vector');
    }
  }
}
