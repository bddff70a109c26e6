import { createHash } from 'node:crypto';
import { eventId, itemId, slateId, type TrackedEvent, userId } from '@winnow/domain';
import { idViolation } from './import-catalog';
import type { SourceEvent } from './import-source';
import { type ImportRun, throwIfAborted } from './import-run';

/** An append makes one Parquet part per day it touches, so batches are large. */
const LOG_BATCH = 200_000;
const STATE_BATCH = 5_000;
/** An event type that every description has: what was shown. */
const IMPRESSION = 'impression';

/** Appends the source's events to the log, and applies them to the online state of their users. */
export async function importEvents(run: ImportRun, eventCount: number): Promise<void> {
  const eventTypes = new Set([IMPRESSION, ...run.description.events.map(({ name }) => name)]);
  let batch: TrackedEvent[] = [];
  for await (const events of run.source.events(run.quarantine.take)) {
    throwIfAborted(run.signal);
    for (const event of events) {
      const reason = eventViolation(run, event, eventTypes);
      if (reason === null) batch.push(trackedEvent(run, event));
      else run.quarantine.take({ kind: 'events', file: run.source.name, reason, row: JSON.stringify(event) });
    }
    if (batch.length >= LOG_BATCH) {
      await write(run, batch, eventCount);
      batch = [];
    }
  }
  await write(run, batch, eventCount);
}

function eventViolation(run: ImportRun, event: SourceEvent, eventTypes: ReadonlySet<string>): string | null {
  const userViolation = idViolation(event.userId);
  if (userViolation) return `user id ${userViolation}`;
  const itemViolation = idViolation(event.itemId);
  if (itemViolation) return `item id ${itemViolation}`;
  if (!eventTypes.has(event.eventType))
    return `event type ${event.eventType} is not in the description (it has ${[...eventTypes].join(', ')})`;
  if (!Number.isFinite(event.timeMs) || event.timeMs < 0) return `time ${event.timeMs} is no time`;
  if (!Number.isFinite(event.value)) return `value ${event.value} is not a finite number`;
  return run.ordinals.has(event.itemId) ? null : `item ${event.itemId} was refused`;
}

/** Log first: it is the truth. The online state can be rebuilt from it. */
async function write(run: ImportRun, events: readonly TrackedEvent[], eventCount: number): Promise<void> {
  if (events.length === 0) return;
  await run.eventLog.appendEvents(events);
  for (let from = 0; from < events.length; from += STATE_BATCH) {
    throwIfAborted(run.signal);
    const piece = events.slice(from, from + STATE_BATCH);
    await run.store.stateWriter.apply(piece);
    run.kept.events += piece.length;
    run.onProgress({ label: 'events', done: run.kept.events, total: eventCount });
  }
}

function trackedEvent(run: ImportRun, event: SourceEvent): TrackedEvent {
  const timeMs = Math.trunc(event.timeMs) + run.shiftMs;
  return {
    eventId: eventId(event.eventId ?? contentId(run.source.name, event)),
    userId: userId(event.userId),
    itemId: itemId(event.itemId),
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

/** Names an event by what it says (its unshifted time included), so that a second import changes nothing. */
export function contentId(sourceName: string, event: SourceEvent): string {
  const { userId: user, itemId: item, eventType, timeMs, value } = event;
  const content = JSON.stringify([sourceName, user, item, eventType, timeMs, value]);
  return `import-${createHash('sha256').update(content).digest('base64url').slice(0, 22)}`;
}
