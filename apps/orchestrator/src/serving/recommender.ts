import {
  err,
  ok,
  RELEASE_NOT_LOADED,
  type CallContext,
  type ItemId,
  type Ordinal,
  type ReleaseVersion,
  type Result,
  type StageError,
  type UserId,
} from '@winnow/domain';
import { isCanaryUser, type ArmAssigner, type ArmAssignment } from '@winnow/experiments';
import type { Funnel, Recommendation } from '@winnow/funnel';
import type { Degradation } from '@winnow/pipeline';
import { RpcError } from '@winnow/platform';
import { resolveItems } from '../requests/resolve-items';
import type { RecommendCommand } from '../requests/recommend-command';
import type { Shadow } from './shadow';
import type { StageReleases } from './stage-releases';

/** The answer leaves this long before the caller gives up. */
const REPLY_MARGIN_MS = 15;
/** … or this share of the time that the caller gave, when that is less. */
const REPLY_MARGIN_SHARE = 0.1;

/** One release as this process holds it. */
export interface ServingRelease {
  readonly version: ReleaseVersion;
  readonly catalog: { ordinalOf(id: ItemId): Ordinal | null };
  readonly funnel: Funnel;
}

/** A release on trial, loaded, and who is given it. */
export interface ServingCanary {
  readonly release: ServingRelease;
  readonly share: number;
}

export interface RecommenderOptions {
  /** Current release first, then its predecessor; empty before the first has been loaded. */
  readonly releases: () => readonly ServingRelease[];
  /** Never one that everybody falls back on. Default: none. */
  readonly canary?: () => ServingCanary | null;
  readonly stageReleases: StageReleases;
  readonly assigner: ArmAssigner;
  /** Default: none. */
  readonly shadow?: Pick<Shadow, 'follow'>;
  /** Counts requests that had to be run anew on another release. */
  readonly onRerun: () => void;
}

export interface Recommended extends Recommendation {
  readonly missingItemIds: readonly ItemId[];
}

/** Runs a request through the funnel of one release, pinned at the start. */
export class Recommender {
  readonly #options: RecommenderOptions;

  constructor(options: RecommenderOptions) {
    this.#options = options;
  }

  /** The release that a request coming now would be pinned to. */
  get pinned(): ServingRelease | null {
    return this.#options.stageReleases.pick(this.#options.releases());
  }

  /**
   * A stage that has lost the pinned release since the last probe costs the request one more run, whole, on the
   * release that is best now; nothing of the first run is kept. The last run takes what the stages give.
   */
  async recommend(
    command: RecommendCommand,
    context: CallContext & { readonly loadFactor: number },
  ): Promise<Result<Recommended, StageError | RpcError>> {
    const deadlineAtMs = replyDeadlineAtMs(context.deadlineAtMs);
    const assignment = this.#options.assigner.assign(command.userId, command.surface);
    for (const attempt of ['strict', 'tolerant'] as const) {
      const { release, degraded } = this.#releaseFor(assignment, command.userId);
      if (!release) return err(noRelease());
      const tolerateMissingRelease = attempt === 'tolerant';
      const result = await this.#run(release, {
        ...{ command, assignment, degraded },
        context: { ...context, deadlineAtMs },
        tolerateMissingRelease,
      });
      if (result.ok) return ok(this.#shadowed(result.value, { command, context, assignment }));
      if (result.error.reason !== RELEASE_NOT_LOADED || tolerateMissingRelease) return result;
      this.#options.stageReleases.missed(result.error.component, release.version);
      this.#options.onRerun();
    }
    throw new Error('the tolerant attempt always returns');
  }

  /** With the shadow among what is left to do once it has been sent; it comes last. */
  #shadowed(
    recommended: Recommended,
    {
      command,
      context: { requestId, loadFactor },
      assignment,
    }: {
      readonly command: RecommendCommand;
      readonly context: CallContext & { readonly loadFactor: number };
      readonly assignment: ArmAssignment;
    },
  ): Recommended {
    const { shadow } = this.#options;
    if (shadow === undefined) return recommended;
    const { slate } = recommended;
    return {
      ...recommended,
      afterReply: async () => {
        await recommended.afterReply();
        await shadow.follow({ command, assignment, requestId, slate, loadFactor });
      },
    };
  }

  /**
   * The release that the user's arm pins, while it is loaded wherever it is needed; else the one that serves everybody.
   * The user stays exposed to the arm either way: to leave out who could not be given it would bias the comparison.
   */
  #releaseFor(
    { pinned, comparesReleases }: ArmAssignment,
    user: UserId,
  ): { readonly release: ServingRelease | null; readonly degraded: readonly Degradation[] } {
    const { releases, stageReleases } = this.#options;
    const canary = this.#options.canary?.() ?? null;
    if (pinned === null) {
      const own = comparesReleases ? null : this.#canaryFor(user, canary);
      return { release: own ?? this.pinned, degraded: [] };
    }
    const loaded = canary ? [...releases(), canary.release] : releases();
    const release = loaded.find(({ version }) => version === pinned.release);
    if (release && stageReleases.reachableHave(release.version)) return { release, degraded: [] };
    const reason = `release ${pinned.release} of its arm is not loaded`;
    const component = `experiment-${pinned.experiment}`;
    return { release: this.pinned, degraded: [{ component, kind: 'dependency', reason }] };
  }

  /** The canary, for its share of the users, once all stages have it; nobody is worse off until then. */
  #canaryFor(user: UserId, canary: ServingCanary | null): ServingRelease | null {
    if (canary === null) return null;
    const { release, share } = canary;
    if (!isCanaryUser({ version: release.version, share }, user)) return null;
    return this.#options.stageReleases.reachableHave(release.version) ? release : null;
  }

  async #run(
    release: ServingRelease,
    run: {
      readonly command: RecommendCommand;
      readonly assignment: ArmAssignment;
      readonly degraded: readonly Degradation[];
      readonly context: CallContext & { readonly loadFactor: number };
      readonly tolerateMissingRelease: boolean;
    },
  ): Promise<Result<Recommended, StageError>> {
    const { command, context, assignment, degraded, tolerateMissingRelease } = run;
    const { missingItemIds, ...items } = resolveItems(command, release.catalog);
    const { userId, sessionId, surface, k, nowMs, filter, explain, dryRun, page } = command;
    const result = await release.funnel.recommend({
      ...items,
      ...{ userId, sessionId, surface, k, nowMs, filter, explain, dryRun, page },
      context: command.context,
      requestId: context.requestId,
      deadlineAtMs: context.deadlineAtMs,
      signal: context.signal,
      loadFactor: context.loadFactor,
      tolerateMissingRelease,
      experiments: assignment,
      degraded,
    });
    return result.ok ? ok({ ...result.value, missingItemIds }) : result;
  }
}

function replyDeadlineAtMs(callerDeadlineAtMs: number): number {
  const remainingMs = callerDeadlineAtMs - performance.now();
  return callerDeadlineAtMs - Math.min(REPLY_MARGIN_MS, Math.max(0, remainingMs) * REPLY_MARGIN_SHARE);
}

const noRelease = (): RpcError =>
  new RpcError(
    'unavailable',
    'no release has been loaded yet; train one with `winnow train`, or wait for it',
  );
