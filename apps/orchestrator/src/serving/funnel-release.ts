import type {
  CandidateRetriever,
  Clock,
  Description,
  ItemId,
  OnlineStateReader,
  Ordinal,
  Random,
  Ranker,
  ReleaseVersion,
  ServedSlateWriter,
} from '@winnow/domain';
import {
  createFunnel,
  type CandidateCache,
  type ExpressionCompiler,
  type Funnel,
  type ItemReader,
  type ItemVectors,
  type PopularityReader,
} from '@winnow/funnel';
import type { ComponentHealth, PipelineObserver, PipelineTracer } from '@winnow/pipeline';
import type { ServingRelease } from './recommender';

/** What every release's funnel shares: the stages, the stores, and what was learned of their health. */
export interface FunnelEnvironment {
  readonly description: Description;
  readonly onlineState: OnlineStateReader;
  readonly retriever: CandidateRetriever;
  readonly lightRanker: Ranker;
  readonly heavyRanker: Ranker;
  readonly servedSlates: ServedSlateWriter | null;
  readonly clock: Clock;
  readonly health: ComponentHealth;
  readonly cache: CandidateCache;
  readonly expressions: ExpressionCompiler;
  readonly tracer: PipelineTracer;
  readonly observer: PipelineObserver;
  /** The kill switch of a component. */
  readonly isOff: (component: string) => boolean;
  /** What exploring re-rankers draw with. */
  readonly random: Random;
}

/** One release's state in this process's memory, kept up to date by the feeds. */
export interface ReleaseState {
  readonly version: ReleaseVersion;
  readonly items: ItemReader & { ordinalOf(id: ItemId): Ordinal | null };
  readonly counters: PopularityReader;
  readonly vectors: ItemVectors | null;
}

/** A release that serves, until it is stopped. */
export interface RunningRelease extends ServingRelease {
  /** The same funnel without budgets, side effects and metrics, which learns nothing of the stages' health. */
  readonly rehearsal: Funnel;
  stop(): void;
}

/** Between two looks for new items, and between two refreshes of a small catalogue's lists. */
const LIST_REFRESH_MS = 1_000;
/** Share of a core that refreshing may take: over a million items a refresh costs half a second. */
const LIST_REFRESH_SHARE_MAX = 0.02;

/** Builds a release's funnel, with its lists filled, and keeps them fresh. */
export async function startFunnelRelease(
  environment: FunnelEnvironment,
  state: ReleaseState,
): Promise<RunningRelease> {
  const { description, health, cache, expressions, tracer, observer, isOff, random, ...ports } = environment;
  const { version: release, items, counters, vectors } = state;
  const funnel = createFunnel({
    ...{ description, release, health, cache, expressions, tracer, observer, isOff, random },
    ports: { ...ports, items, counters, vectors },
  });
  const rehearsal = createFunnel({
    ...{ description, release, expressions, isOff },
    ports: { ...ports, items, counters, vectors, servedSlates: null },
    lists: funnel.lists,
    deadlines: false,
  });
  const stop = await keepFresh(funnel.lists, environment.clock);
  return {
    version: release,
    catalog: items,
    funnel,
    rehearsal,
    stop,
  };
}

/** Fills the lists, then keeps them fresh until the returned function is called. */
async function keepFresh(lists: Funnel['lists'], clock: Clock): Promise<() => void> {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let restMs = 0;
  const refresh = async (): Promise<void> => {
    const startedAtMs = clock.monotonicMs();
    await lists.refresh(clock.nowMs());
    restMs = (clock.monotonicMs() - startedAtMs) / LIST_REFRESH_SHARE_MAX;
  };
  const turn = async (): Promise<void> => {
    restMs -= LIST_REFRESH_MS;
    if (restMs <= 0) await refresh();
    else lists.admitNewItems();
  };
  const schedule = (): void => {
    // Not an interval: a refresh of ten million items must not run into the next one.
    timer = setTimeout(() => void turn().finally(() => stopped || schedule()), LIST_REFRESH_MS);
    timer.unref();
  };
  await refresh();
  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
