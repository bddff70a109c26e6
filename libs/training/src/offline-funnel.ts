import { EventLoopTurns, ok, releaseVersion, surfaceName, systemClock, userId } from '@winnow/domain';
import type {
  CandidateRetriever,
  Clock,
  Description,
  OnlineStateReader,
  Ranker,
  UserState,
} from '@winnow/domain';
import type { ItemCounters, ItemTable, PointInTimeReplay } from '@winnow/features';
import { createFunnel } from '@winnow/funnel';
import type { Funnel, FunnelAblation, FunnelWatch, ItemVectors } from '@winnow/funnel';
import type { RunFrame } from './frame';

/** Everything of one release that the funnel asks, in this process. */
export interface OfflineModels {
  readonly description: Description;
  readonly items: ItemTable;
  /** As of the moment that is evaluated. */
  readonly counters: ItemCounters;
  readonly vectors: ItemVectors;
  readonly retriever: CandidateRetriever;
  readonly lightRanker: Ranker;
  readonly heavyRanker: Ranker;
}

/** The release that offline engines answer for. */
export const OFFLINE_RELEASE = releaseVersion('offline');

const SURFACE = surfaceName('home');

/** Users as the online store would know them at the replay's moment; the user id is the index in the frame. */
export function replayedUsers(frame: RunFrame, replay: PointInTimeReplay): OnlineStateReader {
  return {
    async userState(id) {
      const user = Number(id);
      const state: UserState = {
        recentInteractions: replay.history(user),
        seenOrdinals: replay.seen(user),
        attributes: frame.userAttributes[user] ?? {},
      };
      return ok(state);
    },
  };
}

export interface OfflineFunnelOptions {
  readonly models: OfflineModels;
  readonly users: OnlineStateReader;
  /** The moment at which every request is asked. */
  readonly nowMs: number;
  readonly ablation?: FunnelAblation;
  readonly eligible?: (ordinal: number) => boolean;
}

/** The pipeline that serves, over engines in this process, without budgets, at a fixed moment. */
export async function offlineFunnel({
  models,
  users,
  nowMs,
  ablation,
  eligible,
}: OfflineFunnelOptions): Promise<Funnel> {
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
  const funnel = createFunnel({
    description: models.description,
    release: OFFLINE_RELEASE,
    ports: { ...models, onlineState: users, servedSlates: null, clock },
    ablation,
    eligible,
    deadlines: false,
  });
  await funnel.lists.refresh(nowMs);
  return funnel;
}

/** The top `k` ordinals for each user; `onProgress` after each. Throws when a stage fails: offline nothing may degrade. */
export async function rankUsers(
  funnel: Funnel,
  {
    users,
    k,
    nowMs,
    watchOf,
    onProgress,
  }: {
    users: readonly number[];
    k: number;
    nowMs: number;
    /** By index of the user in `users`. */
    watchOf?: (index: number) => FunnelWatch;
    onProgress?: (done: number) => void;
  },
): Promise<Uint32Array[]> {
  const rankings: Uint32Array[] = [];
  const turns = new EventLoopTurns(systemClock);
  for (const [index, user] of users.entries()) {
    await turns.take();
    const result = await funnel.recommend({
      requestId: `offline-${user}`,
      userId: userId(String(user)),
      surface: SURFACE,
      k,
      nowMs,
      dryRun: true,
      watch: watchOf?.(index),
    });
    if (!result.ok) throw new Error(`${result.error.component}: ${result.error.reason}`);
    const { slate } = result.value;
    if (slate.degraded.length > 0)
      throw new Error(
        `offline run degraded: ${slate.degraded.map(({ component, reason }) => `${component} (${reason})`).join(', ')}`,
      );
    rankings.push(Uint32Array.from(slate.items, ({ ordinal }) => ordinal));
    onProgress?.(rankings.length);
  }
  return rankings;
}
