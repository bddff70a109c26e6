/** Minutes are the finest step; 24 octaves of them reach 30 years. */
const TIME_BUCKETS = 24;
const MINUTE_MS = 60_000;

/** Rows of a table of recency biases: one for each place in the history, then one per octave of age. */
export const recencyRowCount = (historyCountMax: number): number => historyCountMax + TIME_BUCKETS;

/** Row for the place in the history, 0 the newest. */
export const placeRow = (place: number, historyCountMax: number): number =>
  Math.min(place, historyCountMax - 1);

/** Row for how long ago it was; the future (clock skew) counts as now. */
export const ageRow = (ageMs: number, historyCountMax: number): number =>
  historyCountMax + Math.min(TIME_BUCKETS - 1, Math.floor(Math.log2(1 + Math.max(0, ageMs) / MINUTE_MS)));

/** Attention bias of what a query must not see: its share underflows to exactly 0. */
export const INVISIBLE = -1e9;
