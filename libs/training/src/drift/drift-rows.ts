import { driftOf } from '@winnow/evaluation';
import type { DriftReference, DriftRow } from '@winnow/reporting';
import type { Observations } from './log-observations';

/** A day beside the reference, feature by feature; what only one of them knows is left out. */
export const driftRows = (
  { distributions, usualPsi = {} }: DriftReference,
  { dayMs, observations }: { readonly dayMs: number; readonly observations: Observations },
): DriftRow[] =>
  Object.entries(distributions).flatMap(([feature, distribution]) => {
    const observed = observations[feature];
    if (observed?.kind !== distribution.kind) return [];
    return [
      {
        ...driftOf(distribution, observed, usualPsi[feature]),
        feature,
        dayMs,
        sampleCount: observed.sampleCount,
      },
    ];
  });
