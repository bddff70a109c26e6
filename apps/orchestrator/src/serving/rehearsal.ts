import { setTimeout as sleep } from 'node:timers/promises';
import { goldenHistory, ordinal, userId, type ReleaseManifest } from '@winnow/domain';
import type { Funnel, FunnelRequest } from '@winnow/funnel';

/** Requests after which the engine runs optimised code, or the time after which that must do. */
const REQUEST_COUNT = 200;
const REHEARSAL_MS = 2_000;
/** A stage that holds a request up for this long teaches nothing more. */
const REQUEST_TIMEOUT_MS = 1_000;
const STAGES_POLL_MS = 50;
const K = 20;
/** Nobody's, so that the online store has nothing to say. */
const NOBODY = userId('rehearsal');

export interface RehearsalOptions {
  /** Without budgets: a cold call may be slow. */
  readonly funnel: Funnel;
  readonly manifest: Pick<ReleaseManifest, 'golden' | 'createdAtMs'>;
  /** Interactions of a regular user: short histories would leave the code for long ones cold. */
  readonly historyCount: number;
  /** Whether every stage can answer from the release. */
  readonly stagesReady: () => boolean;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/**
 * Runs dry requests through the whole funnel once every stage has the release, for the surfaces in turn, so that the
 * first users meet open connections and compiled code. Resolves when done or aborted; what fails in it is no matter.
 */
export async function rehearse(options: RehearsalOptions): Promise<void> {
  const { funnel, stagesReady, signal } = options;
  while (!stagesReady()) {
    if (signal.aborted) return;
    await sleep(STAGES_POLL_MS);
  }
  const endAtMs = performance.now() + REHEARSAL_MS;
  for (let at = 0; at < REQUEST_COUNT && performance.now() < endAtMs && !signal.aborted; at += 1)
    await funnel.recommend(requestOf(options, funnel.surfaces[at % funnel.surfaces.length]));
}

function requestOf({ manifest, historyCount }: RehearsalOptions, surface: string): FunnelRequest {
  const { golden, createdAtMs } = manifest;
  return {
    ...{ requestId: 'rehearsal', userId: NOBODY, surface, k: K },
    recentInteractions: goldenHistory({ manifest, count: historyCount }),
    nowMs: createdAtMs,
    seedOrdinals: golden.historyOrdinals.slice(-1).map(ordinal),
    dryRun: true,
    tolerateMissingRelease: true,
    deadlineAtMs: performance.now() + REQUEST_TIMEOUT_MS,
  };
}
