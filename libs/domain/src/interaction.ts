import type { EventId, ItemId, Ordinal, SlateId, SurfaceName, UserId } from './ids';
import type { StreamCursor } from './stream-cursor';

/** One thing a user did with one item, as a model sees it. */
export interface Interaction {
  readonly ordinal: Ordinal;
  /** Index into `Description.events`. */
  readonly eventType: number;
  /** Event time, milliseconds since the epoch. */
  readonly timeMs: number;
  /** Rating, price, dwell seconds …; 1 where the event has none. */
  readonly value: number;
}

/** The event type that every description has: the client showed an item of a slate. */
export const IMPRESSION = 'impression';

/** An event as it was accepted: what the durable stream and the event log hold. */
export interface TrackedEvent {
  readonly eventId: EventId;
  readonly userId: UserId;
  readonly itemId: ItemId;
  readonly ordinal: Ordinal;
  /** Name of an event type, or `IMPRESSION`. */
  readonly eventType: string;
  readonly timeMs: number;
  readonly receivedAtMs: number;
  readonly value: number;
  readonly slateId?: SlateId;
  readonly position?: number;
  readonly sessionId?: string;
  readonly surface?: SurfaceName;
  /** Where it stands in the durable stream; absent before it is there, and of events that were imported. */
  readonly cursor?: StreamCursor;
}
