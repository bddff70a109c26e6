import type { StreamCursor } from '../stream-cursor';

/** Value of {@link ShownSlates.positions} where nobody recorded one. */
export const SHOWN_POSITION_UNKNOWN = 255;

/**
 * What people were shown, slate by slate, as parallel columns (CSR): the items that a client says it showed, and which of
 * them were taken. Slate s owns `[offsets[s], offsets[s + 1])`.
 */
export interface ShownSlates {
  readonly count: number;
  /** Index into `userIds`; an index of these columns only. [count] */
  readonly users: Uint32Array;
  /** When it was served, or first shown where the slate log does not know it; ascending. [count] */
  readonly servedAtMs: Float64Array;
  /** [count + 1] */
  readonly offsets: Uint32Array;
  /** By position within a slate. [n] */
  readonly ordinals: Uint32Array;
  /** 0-based; deeper ones share 254, {@link SHOWN_POSITION_UNKNOWN} where nobody recorded one. [n] */
  readonly positions: Uint8Array;
  /** Time of the newest event by which the item was taken from this slate; NaN: it was left alone. [n] */
  readonly takenAtMs: Float64Array;
  readonly userIds: readonly string[];
}

/** The event log and the served-slate log, joined. */
export interface ShownSlateReader {
  /**
   * Slates that were shown in [`fromMs`, `toMs`), oldest first. Impressions and events join on the slate id; impressions
   * without one make a slate of a user's visit, and an event without one belongs to the newest slate that showed the item to
   * the user within the visit. Where no client tracked an impression in all the window, the served-slate log stands in: an
   * item counts as shown if something further down, or itself, was taken.
   */
  readShownSlates(options: {
    /** Names of the event types by which an item is taken. */
    readonly takenBy: readonly string[];
    readonly fromMs: number;
    readonly toMs?: number;
    /** Slates from here on come all; of earlier ones only those from which something was taken. */
    readonly allFromMs: number;
    /** Without the events that came by the stream after this position. */
    readonly upTo?: StreamCursor;
  }): Promise<ShownSlates>;
}
