import {
  goldenHistory,
  type CandidateRetriever,
  type Interaction,
  type QueryFeatures,
  type ReleaseManifest,
} from '@winnow/domain';

/** Deep enough that approximate search cannot miss what the golden query retrieved when the release was made. */
const QUOTA = 500;
/** New items since the release was made may push some golden items out. */
const FOUND_SHARE_MIN = 0.8;
const TIMEOUT_MS = 10_000;
/** Calls after which towers and index run optimised code, or the time after which that must do. */
const WARM_UP_CALLS = 40;
const WARM_UP_MS = 300;

export interface GoldenCheckOptions {
  readonly manifest: ReleaseManifest;
  readonly items: { isAvailable(ordinal: number): boolean };
  readonly engine: CandidateRetriever;
  /** Interactions of a regular user: the calls that follow find towers and index warm at this size. */
  readonly historyCount: number;
}

/**
 * Asks the release its golden query before any user does: scores must be finite and most of the golden items that are
 * still available must come back. Throws an Error that says what did not hold. Also the warm-up of both towers.
 */
export async function checkGoldenQuery(options: GoldenCheckOptions): Promise<void> {
  const { manifest, items, engine, historyCount } = options;
  const { historyOrdinals, expectedOrdinals } = manifest.golden;
  const retrieve = (count: number) =>
    engine.retrieve(
      {
        release: manifest.version,
        query: queryOf(goldenHistory({ manifest, count }), manifest.createdAtMs),
        sources: [
          { source: 'two-tower', quota: QUOTA },
          { source: 'similar', quota: QUOTA },
        ],
        excludedOrdinals: new Uint32Array(0),
      },
      { requestId: 'golden-check', deadlineAtMs: performance.now() + TIMEOUT_MS },
    );
  const reply = await retrieve(historyOrdinals.length);
  if (!reply.ok) throw new Error(reply.error.reason);
  for (const { source, scores } of reply.value.sources)
    if (!scores.every(Number.isFinite)) throw new Error(`source ${source} gave a score that is not finite`);
  const wanted = expectedOrdinals.filter((each) => items.isAvailable(each));
  const found = new Set(reply.value.sources.flatMap(({ ordinals }) => Array.from(ordinals)));
  const foundCount = wanted.filter((each) => found.has(each)).length;
  if (foundCount < wanted.length * FOUND_SHARE_MIN)
    throw new Error(`${foundCount} of ${wanted.length} golden items were retrieved`);
  const warmAtMs = performance.now() + WARM_UP_MS;
  for (let call = 1; call < WARM_UP_CALLS && performance.now() < warmAtMs; call += 1)
    await retrieve(historyCount);
}

const queryOf = (history: readonly Interaction[], nowMs: number): QueryFeatures => ({
  history,
  seedOrdinals: [],
  userAttributes: {},
  context: {},
  nowMs,
});
