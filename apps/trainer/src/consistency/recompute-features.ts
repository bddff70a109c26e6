import {
  compareCursors,
  type Description,
  type QueryFeatures,
  type ReleaseManifest,
  type ReleaseVersion,
  type StreamCursor,
  type TracedSlate,
  type VerifiedRelease,
} from '@winnow/domain';
import { ArrivalReplay, type FeatureAgreement } from '@winnow/features';
import type { EventLog } from '@winnow/event-log';
import { mergeHistory } from '@winnow/funnel';
import { RECENT_INTERACTIONS_MAX } from '@winnow/online-store';
import { CatalogueAsOf } from './catalogue-as-of';
import { ReleaseAsServed } from './release-as-served';

/** Slates that could not be compared, and why. */
export type Skipped = ReadonlyMap<string, number>;

export interface RecomputeOptions {
  readonly description: Description;
  readonly eventLog: Pick<EventLog, 'streamEvents' | 'streamCatalogChanges'>;
  /** Null for a release that is no longer there. */
  readonly openRelease: (version: ReleaseVersion) => Promise<VerifiedRelease | null>;
  readonly agreement: FeatureAgreement;
  readonly onProgress?: (done: number, all: number) => void;
}

type ComparableSlate = TracedSlate & {
  readonly trace: { readonly featuresAsOf: NonNullable<TracedSlate['trace']['featuresAsOf']> };
};

const isComparable = (slate: TracedSlate): slate is ComparableSlate =>
  slate.trace.featuresAsOf !== null && slate.trace.candidates.features.length > 0;

/**
 * Computes the features of traced slates again, from the event log alone and with the code that served them: counters
 * as of the event that the heavy ranker had applied last, the history as of the event that the user's record had, the
 * catalogue as of the change that the ranker had seen. What a release has learnt comes from the release. Returns how
 * many slates could not be compared, by reason. O(events) for each release, and O(features) for each slate.
 */
export async function recomputeFeatures(
  slates: readonly TracedSlate[],
  options: RecomputeOptions,
): Promise<Skipped> {
  const skipped = new Map<string, number>();
  const skip = (reason: string, count: number): void => {
    if (count > 0) skipped.set(reason, (skipped.get(reason) ?? 0) + count);
  };
  const comparable = slates.filter(isComparable);
  skip('the heavy ranker gave no features', slates.length - comparable.length);
  let done = 0;
  for (const [version, served] of byRelease(comparable)) {
    const release = await options.openRelease(version);
    if (release === null) skip(`release ${version} is no longer there`, served.length);
    else
      for await (const slate of compareOnRelease(release, served, options))
        if (slate === null) skip('the features have other names today', 1);
        else options.onProgress?.((done += 1), comparable.length);
  }
  return skipped;
}

function byRelease(
  slates: readonly ComparableSlate[],
): ReadonlyMap<ReleaseVersion, readonly ComparableSlate[]> {
  const groups = new Map<ReleaseVersion, ComparableSlate[]>();
  for (const slate of slates) groups.set(slate.release, [...(groups.get(slate.release) ?? []), slate]);
  return groups;
}

/** Yields each slate once it has been compared; null for one that cannot be. */
async function* compareOnRelease(
  release: VerifiedRelease,
  slates: readonly ComparableSlate[],
  { description, eventLog, agreement }: RecomputeOptions,
): AsyncGenerator<ComparableSlate | null> {
  const { manifest } = release;
  const replay = await ArrivalReplay.read(eventLog.streamEvents(), {
    ...{ description, recentCountMax: RECENT_INTERACTIONS_MAX },
    counts: (event) => isCounted(event, manifest),
  });
  const catalogue = await CatalogueAsOf.read(eventLog.streamCatalogChanges(), description);
  catalogue.moveTo(catalogueTimeMs(manifest.cursors.catalog, manifest));
  const served = await ReleaseAsServed.open(release, { items: catalogue.items, counters: replay.counters });
  const inOrder = [...slates].sort((left, right) =>
    compareCursors(left.trace.featuresAsOf.events, right.trace.featuresAsOf.events),
  );
  try {
    for (const slate of inOrder) {
      const { trace } = slate;
      replay.advanceTo(trace.featuresAsOf.events);
      catalogue.moveTo(catalogueTimeMs(trace.featuresAsOf.catalog, manifest));
      const names = trace.featureNames;
      if (names.join() !== served.featureNames.join()) {
        yield null;
        continue;
      }
      const ordinals = trace.candidates.ordinals.slice(0, trace.candidates.heavyScores.length);
      const query = queryAsServed(slate, { description, replay, catalogue });
      const { hasQueryVector } = trace.query;
      const recomputed = await served.compute(query, { ordinals, hasQueryVector });
      const { slateId } = slate;
      agreement.add({ slateId, names, ordinals, recomputed, served: trace.candidates.features });
      yield slate;
    }
  } finally {
    served.close();
  }
}

/** A release counts from its training window on; what came by the stream after it counts whenever it happened. */
const isCounted = (
  { timeMs, cursor }: { readonly timeMs: number; readonly cursor: StreamCursor | null },
  { dataWindow, cursors }: ReleaseManifest,
): boolean => timeMs >= dataWindow.fromMs || (cursor !== null && compareCursors(cursor, cursors.events) > 0);

/** A change's time is that of its place in the stream. A catalogue that never came by the stream is the release's. */
const catalogueTimeMs = (cursor: StreamCursor, { createdAtMs }: ReleaseManifest): number => {
  const [timeMs] = cursor.split('-').map(Number);
  return timeMs > 0 ? timeMs : createdAtMs;
};

/** The query as the funnel made it, of what the log says that the online store knew. */
function queryAsServed(
  { userId, servedAtMs, degraded, trace }: ComparableSlate,
  known: {
    readonly description: Description;
    readonly replay: ArrivalReplay;
    readonly catalogue: CatalogueAsOf;
  },
): QueryFeatures {
  const { description, replay, catalogue } = known;
  const { interactions, seedOrdinals, context } = trace.query;
  const isAnonymous = degraded.includes('online-store');
  const stored = isAnonymous ? [] : replay.history(userId, trace.userStateAsOf);
  const { historyCountMax } = description.training;
  return {
    history: mergeHistory(stored, interactions, { historyCountMax, nowMs: servedAtMs }),
    userAttributes: isAnonymous ? {} : catalogue.userAttributes(userId, servedAtMs),
    ...{ seedOrdinals, context, nowMs: servedAtMs },
  };
}
