import type { ReleaseVersion, SlateId } from '@winnow/domain';
import { unitPosition, type ArmAssignment } from '@winnow/experiments';
import type { Funnel, Slate } from '@winnow/funnel';
import { resolveItems } from '../requests/resolve-items';
import type { RecommendCommand } from '../requests/recommend-command';
import type { ServingRelease } from './recommender';
import type { StageReleases } from './stage-releases';

/** What came of a request that the canary answered unseen. */
export interface ShadowSlate {
  readonly outcome: 'whole' | 'degraded' | 'failed';
  readonly durationMs: number;
  /** Share of the served slate's items that are in the unseen one; null where either has none. */
  readonly overlap: number | null;
}

export interface ShadowOptions {
  /** Of the requests that another release has answered, by the hash of the slate's id. */
  readonly share: number;
  readonly canary: () => { readonly release: ServingRelease & { readonly rehearsal: Funnel } } | null;
  readonly stageReleases: Pick<StageReleases, 'reachableHave'>;
  readonly onSlate: (shadow: ShadowSlate) => void;
}

/** A request that has been answered. */
export interface AnsweredRequest {
  readonly command: RecommendCommand;
  readonly assignment: ArmAssignment;
  readonly requestId: string;
  readonly slate: Pick<Slate, 'slateId' | 'release' | 'items'>;
  readonly loadFactor: number;
}

/** Answers at once; a slow canary must not gather requests. */
const IN_FLIGHT_MAX = 4;
/** Longer than any slate may take: what is later has failed. */
const TIMEOUT_MS = 1_000;

/**
 * Lets the canary answer what somebody else has answered, after the reply and unseen: no side effect, nothing logged, nothing
 * learned of the stages' health. Requests of a busy process are left out, so that nobody waits for it.
 */
export class Shadow {
  #inFlight = 0;

  constructor(private readonly options: ShadowOptions) {}

  /** Resolves when the unseen slate is there, or at once when there is to be none. */
  async follow(request: AnsweredRequest): Promise<void> {
    const release = this.#releaseFor(request);
    if (release === null) return;
    this.#inFlight += 1;
    try {
      this.options.onSlate(await this.#answer(release, request));
    } finally {
      this.#inFlight -= 1;
    }
  }

  #releaseFor({ command, slate, loadFactor }: AnsweredRequest) {
    const { canary, share, stageReleases } = this.options;
    const release = canary()?.release ?? null;
    if (release === null || release.version === slate.release || command.dryRun) return null;
    if (loadFactor < 1 || this.#inFlight >= IN_FLIGHT_MAX) return null;
    if (!isSampled(slate.slateId, release.version, share)) return null;
    return stageReleases.reachableHave(release.version) ? release : null;
  }

  async #answer(
    { rehearsal, catalog }: ServingRelease & { readonly rehearsal: Funnel },
    { command, assignment, requestId, slate }: AnsweredRequest,
  ): Promise<ShadowSlate> {
    const startedAtMs = performance.now();
    const { missingItemIds: _, ...items } = resolveItems(command, catalog);
    const { userId, sessionId, surface, k, nowMs, filter, page, context } = command;
    const result = await rehearsal.recommend({
      ...items,
      ...{ userId, sessionId, surface, k, nowMs, filter, page, context, requestId },
      ...{ dryRun: true, experiments: assignment, deadlineAtMs: startedAtMs + TIMEOUT_MS },
    });
    const durationMs = performance.now() - startedAtMs;
    if (!result.ok) return { outcome: 'failed', durationMs, overlap: null };
    const { items: unseen, degraded } = result.value.slate;
    const outcome = degraded.length > 0 ? 'degraded' : 'whole';
    return { outcome, durationMs, overlap: overlapOf(slate.items, unseen) };
  }
}

const isSampled = (slateId: SlateId, version: ReleaseVersion, share: number): boolean =>
  unitPosition(`shadow/${version}`, slateId) < share;

function overlapOf(served: Slate['items'], unseen: Slate['items']): number | null {
  if (served.length === 0 || unseen.length === 0) return null;
  const ordinals = new Set(unseen.map(({ ordinal }) => ordinal));
  return served.filter(({ ordinal }) => ordinals.has(ordinal)).length / served.length;
}
