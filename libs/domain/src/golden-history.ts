import { ordinal as toOrdinal } from './ids';
import type { Interaction } from './interaction';
import type { ReleaseManifest } from './ports/model-registry';

const INTERVAL_MS = 60_000;

export interface GoldenHistoryOptions {
  readonly manifest: Pick<ReleaseManifest, 'golden' | 'createdAtMs'>;
  /** Interactions wanted: as many as a regular user has, for code that is only warm for what it has met. */
  readonly count: number;
}

/**
 * A user's history made of the items that a release was checked with, over and over, oldest first: the same at every
 * service. Empty where the release names no items.
 */
export function goldenHistory({ manifest, count }: GoldenHistoryOptions): Interaction[] {
  const { golden, createdAtMs } = manifest;
  const ordinals = [...golden.historyOrdinals, ...golden.expectedOrdinals];
  if (ordinals.length === 0) return [];
  return Array.from({ length: count }, (_, index) => ({
    ordinal: toOrdinal(ordinals[index % ordinals.length]),
    eventType: 0,
    timeMs: createdAtMs - (count - index) * INTERVAL_MS,
    value: 1,
  }));
}
