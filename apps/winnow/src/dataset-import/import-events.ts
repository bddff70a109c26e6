import { createHash } from 'node:crypto';
import { eventId, IMPRESSION, slateId, type TrackedEvent } from '@winnow/domain';
import { idViolation } from './id-violation';
import type { ItemImport } from './import-items';
import { badRecord, type ImportRun, refuse, throwIfAborted } from './import-run';
import type { SourceEvent } from './import-source';

/** An append makes one Parquet part per day it touches, so batches are large. */
const LOG_BATCH = 200_000;
const STATE_BATCH = 5_000;

/** Collects events, appends them to the log, and applies them to the online state of their users. */
export class EventImport {
  private readonly eventTypes: ReadonlySet<string>;
  private waiting: SourceEvent[] = [];

  constructor(
    private readonly run: ImportRun,
    private readonly items: ItemImport,
  ) {
    this.eventTypes = new Set([IMPRESSION, ...run.description.events.map(({ name }) => name)]);
  }

  async add(event: SourceEvent): Promise<void> {
    const reason = this.violation(event);
    if (reason !== null) return refuse(this.run, 'events', badRecord(this.run, reason, event));
    this.waiting.push(event);
    if (this.waiting.length >= LOG_BATCH) await this.flush();
  }

  /** Log first: it is the truth. The online state can be rebuilt from it. */
  async flush(): Promise<void> {
    const { run } = this;
    const waiting = this.waiting;
    this.waiting = [];
    await this.items.requireKnown(waiting.map(({ itemId }) => itemId));
    const events = waiting.map((event) => trackedEvent(run, event));
    await run.eventLog.appendEvents(events);
    for (let from = 0; from < events.length; from += STATE_BATCH) {
      throwIfAborted(run.signal);
      const piece = events.slice(from, from + STATE_BATCH);
      // What was imported before is applied already, and its event ids are forgotten by now.
      if (!run.earlier) await run.store.stateWriter.apply(piece);
      run.tally.events.kept += piece.length;
      run.onProgress({ label: 'events', done: run.tally.events.kept, total: run.extent.eventCount });
    }
    run.tally.events.repaired += waiting.filter(({ repairs }) => repairs).length;
  }

  private violation(event: SourceEvent): string | null {
    const userViolation = idViolation(event.userId);
    if (userViolation) return `user id ${userViolation}`;
    const itemViolation = idViolation(event.itemId);
    if (itemViolation) return `item id ${itemViolation}`;
    if (!this.eventTypes.has(event.eventType))
      return `event type ${event.eventType} is not in the description, which has ${[...this.eventTypes].join(', ')}`;
    if (!Number.isFinite(event.timeMs) || event.timeMs < 0) return `time ${event.timeMs} is no time`;
    return Number.isFinite(event.value) ? null : `value ${event.value} is not a finite number`;
  }
}

function trackedEvent(run: ImportRun, event: SourceEvent): TrackedEvent {
  const timeMs = Math.trunc(event.timeMs) + run.shiftMs;
  return {
    eventId: eventId(event.eventId ?? contentId(run.source.name, event)),
    userId: event.userId,
    itemId: event.itemId,
    ordinal: run.ordinals.get(event.itemId)!,
    eventType: event.eventType,
    timeMs,
    // History is received when it happened: an erasure must not spare it for having been imported later.
    receivedAtMs: timeMs,
    value: event.value,
    ...(event.slateId !== undefined && { slateId: slateId(event.slateId) }),
    ...(event.position !== undefined && { position: event.position }),
  };
}

/** Names an event by its line and what it says, its unshifted time included, so that a second import changes nothing. */
function contentId(sourceName: string, event: SourceEvent): string {
  const { line, userId, itemId, eventType, timeMs, value } = event;
  const content = JSON.stringify([sourceName, line, userId, itemId, eventType, timeMs, value]);
  return `import-${createHash('sha256').update(content).digest('base64url').slice(0, 22)}`;
}
