import type { StreamCursor } from '@winnow/domain';

interface StreamEntry<Entry> {
  readonly sequence: number;
  readonly entry: Entry;
}

interface Pending {
  deliveries: number;
  /** Whose it is; null once that member has stopped. */
  member: object | null;
}

interface GroupState {
  lastDelivered: number;
  readonly pending: Map<number, Pending>;
}

const RETRY_MS = 5;

/** A stream in memory with cursors, tails and consumer groups, as the ports of the online store promise them. */
export class InMemoryStream<Entry> {
  private entries: StreamEntry<Entry>[] = [];
  private sequence = 0;
  private readonly groups = new Map<string, GroupState>();
  private readonly waiting = new Set<() => void>();

  append(entry: Entry): void {
    this.sequence += 1;
    this.entries.push({ sequence: this.sequence, entry });
    for (const wake of this.waiting) wake();
  }

  head(): StreamCursor {
    return String(this.sequence);
  }

  /** Returns how many entries went; groups that hold one of them pending let go of it. */
  delete(matches: (entry: Entry) => boolean): number {
    const gone = this.entries.filter(({ entry }) => matches(entry));
    this.entries = this.entries.filter(({ entry }) => !matches(entry));
    for (const group of this.groups.values()) for (const { sequence } of gone) group.pending.delete(sequence);
    return gone.length;
  }

  tail(
    cursor: StreamCursor,
    onEntries: (entries: readonly Entry[], cursor: StreamCursor) => void,
  ): { stop(): Promise<void> } {
    let position = Number(cursor);
    return this.loop(async () => {
      const fresh = this.entries.filter(({ sequence }) => sequence > position);
      if (fresh.length === 0) return false;
      position = fresh[fresh.length - 1].sequence;
      onEntries(
        fresh.map(({ entry }) => entry),
        String(position),
      );
      return true;
    });
  }

  /** Entries that fail are delivered again, one by one, up to `deliveriesMax` times; then `onDeadLetter` has them. */
  consume(options: {
    readonly group: string;
    readonly deliveriesMax: number;
    readonly handle: (entries: readonly Entry[]) => Promise<void>;
    readonly onDeadLetter: (entry: Entry, reason: string) => void;
  }): { stop(): Promise<void> } {
    const group = this.group(options.group);
    const member = {};
    const running = this.loop(async () => {
      const batch = this.nextBatch(group, member);
      if (batch.length === 0) return false;
      try {
        await options.handle(batch.map(({ entry }) => entry));
        for (const { sequence } of batch) group.pending.delete(sequence);
      } catch (thrown) {
        for (const { sequence, entry } of batch) {
          if ((group.pending.get(sequence)?.deliveries ?? 0) < options.deliveriesMax) continue;
          group.pending.delete(sequence);
          options.onDeadLetter(entry, thrown instanceof Error ? thrown.message : String(thrown));
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      return true;
    });
    return {
      stop: async () => {
        await running.stop();
        for (const pending of group.pending.values()) if (pending.member === member) pending.member = null;
      },
    };
  }

  /** What the member failed on, or a stopped one left behind, one by one; else all that is new. */
  private nextBatch(group: GroupState, member: object): StreamEntry<Entry>[] {
    const again = this.entries.find(({ sequence }) => {
      const pending = group.pending.get(sequence);
      return pending && (pending.member === member || pending.member === null);
    });
    const batch = again ? [again] : this.entries.filter(({ sequence }) => sequence > group.lastDelivered);
    for (const { sequence } of batch) {
      group.lastDelivered = Math.max(group.lastDelivered, sequence);
      const deliveries = (group.pending.get(sequence)?.deliveries ?? 0) + 1;
      group.pending.set(sequence, { deliveries, member });
    }
    return batch;
  }

  private group(name: string): GroupState {
    const known = this.groups.get(name);
    if (known) return known;
    const made: GroupState = { lastDelivered: 0, pending: new Map() };
    this.groups.set(name, made);
    return made;
  }

  /** Calls `step` whenever there may be something to do; it says whether there was. */
  private loop(step: () => Promise<boolean>): { stop(): Promise<void> } {
    let stopped = false;
    let wake = (): void => {};
    const notify = (): void => wake();
    this.waiting.add(notify);
    const done = (async () => {
      while (!stopped) {
        const change = new Promise<void>((resolve) => (wake = resolve));
        if (!(await step())) await change;
      }
    })();
    return {
      stop: async () => {
        stopped = true;
        this.waiting.delete(notify);
        wake();
        await done;
      },
    };
  }
}
