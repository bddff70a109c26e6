import { goldenHistory } from '@winnow/domain';
import type { QueryFeatures, Ranker, ReleaseManifest } from '@winnow/domain';

/** As many as a full request has: the calls that follow find the network warm at this size. */
const CANDIDATE_COUNT = 200;
/** Calls after which the engine runs optimised code, or the time after which that must do; the first users should not wait for it. */
const WARM_UP_CALLS = 60;
const WARM_UP_MS = 300;
const TIMEOUT_MS = 10_000;

export interface RankerGoldenCheckOptions {
  readonly manifest: ReleaseManifest;
  readonly items: { has(ordinal: number): boolean; readonly ordinalLimit: number };
  readonly engine: Ranker;
  /** Interactions of a regular user: the calls that follow find the features warm at this size. */
  readonly historyCount: number;
}

/**
 * Ranks golden and ordinary items for the golden query before any user asks: every score must be finite, and an item's
 * score must not depend on its company. Throws an Error that says what did not hold.
 */
export async function checkGoldenRanking(options: RankerGoldenCheckOptions): Promise<void> {
  const { manifest, items, engine } = options;
  const ordinals = candidateOrdinals(manifest, items);
  const query = goldenQuery(options);
  const rank = async (asked: Uint32Array) => {
    const reply = await engine.rank(
      { release: manifest.version, query, ordinals: asked, queryVector: null },
      { requestId: 'golden-check', deadlineAtMs: performance.now() + TIMEOUT_MS },
    );
    if (!reply.ok) throw new Error(reply.error.reason);
    return reply.value.scores;
  };
  const scores = await rank(ordinals);
  const warmAtMs = performance.now() + WARM_UP_MS;
  for (let call = 1; call < WARM_UP_CALLS && performance.now() < warmAtMs; call += 1) await rank(ordinals);
  if (ordinals.length === 0) return;
  const [alone] = await rank(ordinals.subarray(0, 1));
  if (Math.abs(alone - scores[0]) > 1e-3 * Math.max(1, Math.abs(alone)))
    throw new Error(`item ${ordinals[0]} scores ${alone} alone and ${scores[0]} among others`);
}

function candidateOrdinals(
  { golden }: ReleaseManifest,
  items: RankerGoldenCheckOptions['items'],
): Uint32Array {
  const chosen = new Set(golden.expectedOrdinals.filter((each) => items.has(each)));
  for (let each = 0; each < items.ordinalLimit && chosen.size < CANDIDATE_COUNT; each += 1)
    if (items.has(each)) chosen.add(each);
  return Uint32Array.from(chosen);
}

const goldenQuery = ({ manifest, historyCount }: RankerGoldenCheckOptions): QueryFeatures => ({
  history: goldenHistory({ manifest, count: historyCount }),
  seedOrdinals: [],
  userAttributes: {},
  context: {},
  nowMs: manifest.createdAtMs,
});
