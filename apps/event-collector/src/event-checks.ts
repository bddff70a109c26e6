import type { eventV1 } from '@winnow/contracts';
import {
  eventId,
  ID_LENGTH_MAX,
  IMPRESSION,
  itemId,
  slateId,
  surfaceName,
  userId,
  type Description,
  type TrackedEvent,
} from '@winnow/domain';

/** Clocks of clients may run ahead by this; what comes from the future is taken to be of now. */
export const FUTURE_MAX_MS = 5 * 60_000;
/** Times below are seconds given for milliseconds: nobody's data is from the first months of 1970. */
const TIME_MIN_MS = 10_000_000_000;

/** An event whose item has not been looked up yet. */
export type CheckedEvent = Omit<TrackedEvent, 'ordinal'>;

export interface EventCheckOptions {
  readonly eventTypes: ReadonlySet<string>;
  readonly nowMs: number;
  readonly newId: () => string;
}

/** The names that `event_type` may have. */
export const acceptedEventTypes = (description: Pick<Description, 'events'>): ReadonlySet<string> =>
  new Set([...description.events.map(({ name }) => name), IMPRESSION]);

/** The event as it will be kept, or what is wrong with it: the field and the remedy. */
export function checkEvent(
  event: eventV1.Event,
  { eventTypes, nowMs, newId }: EventCheckOptions,
): CheckedEvent | string {
  const violation =
    violationOfIds(event) ?? violationOfType(event.eventType, eventTypes) ?? violationOfNumbers(event, nowMs);
  if (violation !== null) return violation;
  return {
    eventId: eventId(event.eventId || newId()),
    userId: userId(event.userId),
    itemId: itemId(event.itemId),
    eventType: event.eventType,
    timeMs: Math.min(event.timeMs ?? nowMs, nowMs),
    receivedAtMs: nowMs,
    value: event.value ?? 1,
    ...(event.slateId ? { slateId: slateId(event.slateId) } : {}),
    ...(event.position !== undefined ? { position: event.position } : {}),
    ...(event.sessionId ? { sessionId: event.sessionId } : {}),
    ...(event.surface ? { surface: surfaceName(event.surface) } : {}),
  };
}

/** What is wrong with an id that must be there; null when nothing is. */
export function idViolation(field: string, id: string): string | null {
  return id === '' ? `${field}: must not be empty` : lengthViolation(field, id);
}

const lengthViolation = (field: string, text: string): string | null =>
  text.length > ID_LENGTH_MAX
    ? `${field}: must have at most ${ID_LENGTH_MAX} characters, has ${text.length}`
    : null;

const violationOfIds = (event: eventV1.Event): string | null =>
  idViolation('user_id', event.userId) ??
  idViolation('item_id', event.itemId) ??
  lengthViolation('event_id', event.eventId) ??
  lengthViolation('slate_id', event.slateId) ??
  lengthViolation('session_id', event.sessionId) ??
  lengthViolation('surface', event.surface);

function violationOfType(eventType: string, eventTypes: ReadonlySet<string>): string | null {
  if (eventTypes.has(eventType)) return null;
  const shown = JSON.stringify(eventType.slice(0, ID_LENGTH_MAX));
  return `event_type: unknown type ${shown}; it must be one of ${[...eventTypes].join(', ')}`;
}

function violationOfNumbers({ timeMs, value }: eventV1.Event, nowMs: number): string | null {
  if (timeMs !== undefined) {
    if (timeMs > nowMs + FUTURE_MAX_MS)
      return `time_ms: is ${timeMs - nowMs} ms in the future; at most ${FUTURE_MAX_MS} is accepted`;
    if (timeMs < TIME_MIN_MS) return `time_ms: is ${timeMs}; give milliseconds since the epoch, not seconds`;
  }
  // The log keeps 32-bit floats, where a larger value would become infinite.
  if (value !== undefined && !Number.isFinite(Math.fround(value)))
    return `value: must be a finite number, at most ${3.4e38}; is ${value}`;
  return null;
}
