import { ItemCounters, ItemTable, LinearWeights, NeighbourTable } from '@winnow/features';
import type {
  CatalogChange,
  CatalogFeed,
  CatalogItem,
  Description,
  EventFeed,
  Ordinal,
  StreamCursor,
  TensorFile,
  TrackedEvent,
  VerifiedRelease,
} from '@winnow/domain';
import { reasonOf } from '@winnow/domain';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger';
import { LiveItemVectors } from './live-item-vectors';
import { hasReached } from './stream-position';

/** Files of a release that a service may do without. */
export type ItemStatePart = 'counters' | 'neighbours' | 'linear-weights' | 'vectors';

export interface ItemStateOptions {
  readonly release: VerifiedRelease;
  readonly readTensorFile: (path: string) => Promise<TensorFile>;
  readonly catalogFeed: CatalogFeed;
  readonly eventFeed: EventFeed;
  readonly description: Pick<Description, 'events' | 'training'>;
  readonly logger: Logger;
  /** The rest is empty and costs nothing. Default: all. */
  readonly parts?: readonly ItemStatePart[];
  /** After the item is in the table: the place to encode and index it. */
  readonly onItemUpserted?: (item: CatalogItem) => void;
  /** After the item has left the table. */
  readonly onItemRemoved?: (ordinal: Ordinal) => void;
}

const ALL_PARTS: readonly ItemStatePart[] = ['counters', 'neighbours', 'linear-weights', 'vectors'];
const CATCH_UP_POLL_MS = 20;

interface Loaded {
  readonly items: ItemTable;
  readonly counters: ItemCounters;
  readonly neighbours: NeighbourTable;
  readonly linearWeights: LinearWeights;
  readonly vectors: LiveItemVectors;
}

/**
 * What a service knows of the items of one release, kept live: the release's files, then every catalogue change and
 * event since the release's cursors, as they come. Each release has a state of its own, so none mixes with another's.
 */
export class ItemState {
  readonly items: ItemTable;
  readonly counters: ItemCounters;
  readonly neighbours: NeighbourTable;
  readonly linearWeights: LinearWeights;
  readonly vectors: LiveItemVectors;
  readonly #weights: ReadonlyMap<string, number>;
  readonly #tails: { stop(): Promise<void> }[] = [];
  #catalogCursor: StreamCursor;
  #eventCursor: StreamCursor;

  private constructor(
    private readonly options: ItemStateOptions,
    loaded: Loaded,
  ) {
    ({
      items: this.items,
      counters: this.counters,
      neighbours: this.neighbours,
      linearWeights: this.linearWeights,
      vectors: this.vectors,
    } = loaded);
    const { cursors } = options.release.manifest;
    this.#catalogCursor = cursors.catalog;
    this.#eventCursor = cursors.events;
    this.#weights = new Map(
      options.description.events
        .filter((event) => event.sentiment === 'positive' && event.value !== 0)
        .map((event) => [event.name, event.value]),
    );
  }

  /** Reads the release's files and begins to follow the streams. Throws what reading throws. */
  static async load(options: ItemStateOptions): Promise<ItemState> {
    const state = new ItemState(options, await readParts(options));
    state.#follow();
    return state;
  }

  /** Where the live state has got to. */
  get cursors(): { readonly catalog: StreamCursor; readonly events: StreamCursor } {
    return { catalog: this.#catalogCursor, events: this.#eventCursor };
  }

  /**
   * Waits until everything that was in the streams at the time of the call has been applied.
   * False when that takes longer than `timeoutMs` or the streams cannot be reached: serving goes on, a little stale.
   */
  async caughtUp(timeoutMs: number): Promise<boolean> {
    const giveUpAtMs = performance.now() + timeoutMs;
    let heads: readonly [StreamCursor, StreamCursor];
    try {
      const timedOut = sleep(timeoutMs, null, { ref: false });
      const { catalogFeed, eventFeed } = this.options;
      const read = await Promise.race([Promise.all([catalogFeed.head(), eventFeed.head()]), timedOut]);
      if (read === null) return false;
      heads = read;
    } catch (thrown) {
      this.options.logger.warn({ reason: reasonOf(thrown) }, 'live state cannot tell how far behind it is');
      return false;
    }
    const followsEvents = this.#hasPart('counters');
    for (;;) {
      const isThere =
        hasReached(this.#catalogCursor, heads[0]) &&
        (!followsEvents || hasReached(this.#eventCursor, heads[1]));
      if (isThere) return true;
      if (performance.now() >= giveUpAtMs) return false;
      await sleep(CATCH_UP_POLL_MS);
    }
  }

  /** Stops following; what is there stays readable. */
  async stop(): Promise<void> {
    await Promise.all(this.#tails.splice(0).map((tail) => tail.stop()));
  }

  #hasPart(part: ItemStatePart): boolean {
    return (this.options.parts ?? ALL_PARTS).includes(part);
  }

  #follow(): void {
    const { catalogFeed, eventFeed } = this.options;
    this.#tails.push(
      catalogFeed.tail(this.#catalogCursor, (changes, cursor) => {
        for (const change of changes) this.#applyChange(change);
        this.#catalogCursor = cursor;
      }),
    );
    if (!this.#hasPart('counters')) return;
    this.#tails.push(
      eventFeed.tail(this.#eventCursor, (events, cursor) => {
        for (const event of events) this.#applyEvent(event);
        this.#eventCursor = cursor;
      }),
    );
  }

  #applyChange(change: CatalogChange): void {
    const { onItemUpserted, onItemRemoved, logger } = this.options;
    try {
      switch (change.kind) {
        case 'item-upserted':
          this.items.upsert(change.item);
          onItemUpserted?.(change.item);
          return;
        case 'item-deleted':
          this.items.remove(change.ordinal);
          onItemRemoved?.(change.ordinal);
          return;
        default:
          return;
      }
    } catch (thrown) {
      // One item that cannot be taken in must not keep the others out.
      logger.error({ err: thrown, change: change.kind }, 'catalogue change not applied');
    }
  }

  #applyEvent({ ordinal, eventType, timeMs }: TrackedEvent): void {
    const weight = this.#weights.get(eventType);
    if (weight !== undefined) this.counters.apply(ordinal, timeMs, weight);
  }
}

async function readParts(options: ItemStateOptions): Promise<Loaded> {
  const { release, readTensorFile, description, parts = ALL_PARTS } = options;
  const read = (name: string): Promise<TensorFile> => readTensorFile(release.filePath(`${name}.safetensors`));
  // One after the other: side by side they would double the peak of memory.
  return {
    items: ItemTable.fromTensors(await read('items')),
    counters: parts.includes('counters')
      ? ItemCounters.fromTensors(await read('counters'))
      : new ItemCounters({ halfLivesHours: description.training.trendingHalfLifeHours }),
    neighbours: parts.includes('neighbours')
      ? NeighbourTable.fromTensors(await read('neighbours'))
      : NeighbourTable.empty(),
    linearWeights: parts.includes('linear-weights')
      ? LinearWeights.fromTensors(await read('linear-weights'))
      : LinearWeights.empty(),
    vectors: parts.includes('vectors')
      ? LiveItemVectors.fromTensors(await read('item-vectors'))
      : LiveItemVectors.empty(release.manifest.dimension),
  };
}
