import {
  DEFAULT_GATE,
  itemId,
  ok,
  ordinal,
  releaseVersion,
  slateId,
  userId,
  type CatalogItem,
  type Clock,
  type Description,
  type ScoredCandidate,
  type SurfaceDescription,
  type UserState,
} from '@winnow/domain';
import { ItemCounters, ItemTable } from '@winnow/features';
import type { FunnelQuery } from './funnel-query';
import { ANONYMOUS, queryWithState } from './hydrators/user-state.hydrator';
import type { FunnelPorts } from './ports';
import { FakeRanker, FakeRetriever } from '@winnow/testing';

export const NOW_MS = Date.UTC(2026, 0, 31);
export const RELEASE = releaseVersion('20260131T000000Z-000001');

export const surfaceOf = (extra: Partial<SurfaceDescription> = {}): SurfaceDescription => ({
  name: 'home',
  deadlineMs: 1_500,
  budgets: {
    hydrateMs: 300,
    retrieveMs: 300,
    filterMs: 100,
    lightRankMs: 300,
    heavyRankMs: 300,
    rerankMs: 100,
  },
  sources: [
    { source: 'two-tower', quota: 20 },
    { source: 'similar', quota: 10 },
    { source: 'trending', quota: 10 },
    { source: 'popular', quota: 5 },
    { source: 'fresh', quota: 5 },
  ],
  lightKeepCount: 10,
  filters: { seen: true },
  rerankers: [],
  ...extra,
});

export const descriptionOf = (...surfaces: readonly SurfaceDescription[]): Description => ({
  namespace: 'spec',
  items: {
    attributes: [
      { name: 'title', type: 'text' },
      { name: 'genre', type: 'category' },
      { name: 'year', type: 'number' },
    ],
    titleAttribute: 'title',
  },
  users: { attributes: [{ name: 'age', type: 'number' }] },
  events: [
    { name: 'click', sentiment: 'positive', value: 1, countsAsSeen: false },
    { name: 'purchase', sentiment: 'positive', value: 5, countsAsSeen: true },
  ],
  objectives: [
    { head: 'click', event: 'click', weight: 1 },
    { head: 'purchase', event: 'purchase', weight: 4 },
  ],
  surfaces: surfaces.length > 0 ? surfaces : [surfaceOf()],
  training: {
    seed: 1,
    dimension: 4,
    historyCountMax: 3,
    trendingHalfLifeHours: [6, 72],
    twoTower: {
      ...{ epochsMax: 1, batchSize: 1, learningRate: 1, temperature: 1, uniformNegativeCount: 1 },
      spareNewItems: false,
    },
    itemTable: { kind: 'direct', rowCount: 1000, admitAfterCount: 1, expireAfterDays: 0 },
    linearWeights: { regularisation: 200, itemCountMax: 100 },
    warmStart: false,
    ranker: {
      epochsMax: 1,
      windowShare: 1,
      queryCountMax: 1,
      candidateCount: 1,
      labelHorizonHours: 1,
      newUserShare: 0,
      retrievedPerShown: 1,
      learningRate: 1,
    },
    heavyRanker: { architecture: 'wide-attentive-cross', rankingLoss: 'listwise', calibrate: false },
    index: { m: 8, efConstruction: 50, recallMin: 0.9, shards: 1 },
  },
  retraining: { cron: '0 4 * * *', windowDays: 0, ndcgDropMax: 0.1, gate: DEFAULT_GATE },
  slateLog: { traceShare: 0, retentionDays: 90 },
});

const GENRES = ['horror', 'comedy', 'drama', 'scifi'];

/** 100 items: genre goes round, years go up from 1900, later ordinals arrived later. */
export function catalogOf(count = 100): ItemTable {
  const items = new ItemTable(descriptionOf().items.attributes, 'title');
  for (let index = 0; index < count; index += 1) items.upsert(catalogItem(index));
  return items;
}

export const catalogItem = (index: number, available = true): CatalogItem => ({
  ordinal: ordinal(index),
  itemId: itemId(`i${index}`),
  attributes: { title: `Item ${index}`, genre: GENRES[index % 4], year: 1900 + index },
  available,
  firstSeenAtMs: NOW_MS - (1_000 - index) * 3_600_000,
});

/** Item n was liked 100 − n times, a long time ago; items 50 to 59 once today. */
export function countersOf(count = 100): ItemCounters {
  const counters = new ItemCounters({ halfLivesHours: [6, 72], priorMass: 1 });
  for (let index = 0; index < count; index += 1)
    counters.apply(index, NOW_MS - 2_000 * 3_600_000, count - index);
  for (let index = 50; index < 60; index += 1) counters.apply(index, NOW_MS - 3_600_000, 60 - index);
  return counters;
}

export class ManualClock implements Clock {
  #ms = 0;
  nowMs = (): number => NOW_MS + this.#ms;
  monotonicMs = (): number => this.#ms;
  advance(ms: number): void {
    this.#ms += ms;
  }
}

export const candidate = (index: number, extra: Partial<ScoredCandidate> = {}): ScoredCandidate => ({
  ordinal: ordinal(index),
  provenance: [],
  score: 0,
  stageScores: [],
  headValues: [],
  ...extra,
});

export const ordinalsOf = (candidates: readonly { readonly ordinal: number }[]): number[] =>
  candidates.map((one) => one.ordinal);

export const stateOf = (extra: Partial<UserState> = {}): UserState => ({ ...ANONYMOUS, ...extra });

export function queryOf(extra: Partial<FunnelQuery> = {}): FunnelQuery {
  const draft = { requestInteractions: [], seedOrdinals: [], context: {}, nowMs: NOW_MS };
  return {
    ...draft,
    ...queryWithState(descriptionOf(), draft, ANONYMOUS),
    requestId: 'r1',
    release: RELEASE,
    userId: userId('u1'),
    slateId: slateId('s1'),
    trace: null,
    k: 5,
    excludedOrdinals: new Set(),
    filter: null,
    dryRun: false,
    tolerateMissingRelease: false,
    queryVector: null,
    ...extra,
  };
}

export interface FakePorts extends FunnelPorts {
  readonly retriever: FakeRetriever;
  readonly lightRanker: FakeRanker;
  readonly heavyRanker: FakeRanker;
  readonly items: ItemTable;
}

/** Two-tower finds 10 … 29, similar 25 … 34; light likes small ordinals, heavy large ones. */
export function portsOf(extra: Partial<FakePorts> = {}): FakePorts {
  const range = (from: number, count: number): number[] =>
    Array.from({ length: count }, (_, at) => from + at);
  return {
    onlineState: { userState: async () => ok(stateOf()) },
    retriever: new FakeRetriever({
      sources: { 'two-tower': range(10, 20), similar: range(25, 10) },
      queryVector: [1, 0, 0, 0],
    }),
    lightRanker: new FakeRanker({ scoreOf: (index) => -index }),
    heavyRanker: new FakeRanker({
      heads: ['click', 'purchase', 'dwell'],
      headValuesOf: (index) => [0.5, index / 100, 0.9],
    }),
    items: catalogOf(),
    counters: countersOf(),
    vectors: null,
    servedSlates: null,
    clock: { nowMs: () => NOW_MS, monotonicMs: () => performance.now() },
    ...extra,
  };
}
