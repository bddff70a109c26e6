/** Bounds of a Recommend request; each violation is answered with INVALID_ARGUMENT naming the field. */
export const K_DEFAULT = 20;
export const K_MAX = 500;
export const RECENT_INTERACTIONS_MAX = 500;
export const SEED_ITEMS_MAX = 100;
export const EXCLUDED_ITEMS_MAX = 10_000;
export const CONTEXT_VALUES_MAX = 50;
/** UTF-16 code units of a context key or value. */
export const CONTEXT_TEXT_MAX = 256;
/** 2,000 ordinals and a header, in base64. */
export const PAGE_TOKEN_LENGTH_MAX = 16_384;
/** How far ahead of the server's clock a request or an interaction may be. */
export const CLOCK_AHEAD_MS_MAX = 24 * 3_600_000;
