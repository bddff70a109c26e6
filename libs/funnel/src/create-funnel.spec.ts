import { err, ok, ordinal, RELEASE_NOT_LOADED, stageError, userId, type ServedSlate } from '@winnow/domain';
import { FakeRanker } from '@winnow/testing';
import { describe, expect, it } from 'vitest';
import { createFunnel, type Funnel, type FunnelOptions, type FunnelRequest } from './create-funnel';
import { ExpressionCompiler } from './expressions/expression-compiler';
import {
  catalogItem,
  descriptionOf,
  NOW_MS,
  ordinalsOf,
  portsOf,
  RELEASE,
  stateOf,
  surfaceOf,
  type FakePorts,
} from './funnel.fixture';
import { decodePageToken } from './slate/page-token';
import type { Slate } from './slate/slate';

async function funnelOf(ports: FakePorts, options: Partial<FunnelOptions> = {}): Promise<Funnel> {
  const funnel = createFunnel({ description: descriptionOf(), release: RELEASE, ports, ...options });
  await funnel.lists.refresh(NOW_MS);
  return funnel;
}

const request: FunnelRequest = { requestId: 'r', userId: userId('u1'), surface: 'home', k: 5, nowMs: NOW_MS };

async function slateOf(funnel: Funnel, extra: Partial<FunnelRequest> = {}): Promise<Slate> {
  const result = await funnel.recommend({ ...request, ...extra });
  if (!result.ok) throw new Error(result.error.reason);
  return result.value.slate;
}

const broken = (component: string) => stageError('dependency', component, 'connection refused');
const components = (slate: Slate): string[] => slate.degraded.map(({ component }) => component);

describe('the home funnel', () => {
  it('winnows: retrieval, light rank keeps the best for heavy, the value model orders them', async () => {
    const ports = portsOf();
    const slate = await slateOf(await funnelOf(ports));
    // Light prefers small ordinals: popular 0 … 4, then two-tower from 10; ten of them reach the heavy ranker.
    const heavySaw = [...ports.heavyRanker.requests[0].ordinals];
    expect(heavySaw).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
    expect(ordinalsOf(slate.items)).toEqual([14, 13, 12, 11, 10]);
    expect(slate.items[0].score).toBeCloseTo(0.5 + 4 * 0.14);
    expect(slate.heads).toEqual([
      { head: 'click', weight: 1 },
      { head: 'purchase', weight: 4 },
      { head: 'dwell', weight: 0 },
    ]);
    expect(slate.items[0].stageScores.map(({ stage }) => stage)).toEqual([
      'retrieve',
      'light-rank',
      'heavy-rank',
    ]);
    expect(slate.degraded).toEqual([]);
    expect(slate.release).toBe(RELEASE);
  });

  it('asks candidate generation once, for both learned sources', async () => {
    const ports = portsOf();
    await slateOf(await funnelOf(ports));
    expect(ports.retriever.requests).toHaveLength(1);
    expect(ports.retriever.requests[0].sources).toEqual([
      { source: 'two-tower', quota: 20 },
      { source: 'similar', quota: 10 },
    ]);
  });

  it('keeps every provenance of an item that several sources found', async () => {
    const slate = await slateOf(await funnelOf(portsOf()));
    const both = slate.diagnostics.ranked.find((one) => one.ordinal === 27);
    expect(both?.provenance.map(({ source, rank }) => [source, rank])).toEqual([
      ['two-tower', 17],
      ['similar', 2],
    ]);
  });

  it('sends rankers the query vector that retrieval made', async () => {
    const ports = portsOf();
    await slateOf(await funnelOf(ports));
    expect([...ports.lightRanker.requests[0].queryVector!]).toEqual([1, 0, 0, 0]);
  });

  it('serves no seen, excluded, seed or unavailable item', async () => {
    const ports = portsOf({
      onlineState: { userState: async () => ok(stateOf({ seenOrdinals: Uint32Array.of(0, 14) })) },
    });
    ports.items.upsert(catalogItem(13, false));
    ports.items.remove(ordinal(12));
    const slate = await slateOf(await funnelOf(ports), {
      k: 60,
      excludedOrdinals: [ordinal(11)],
      seedOrdinals: [ordinal(10)],
    });
    const served = new Set(ordinalsOf(slate.items));
    for (const gone of [0, 10, 11, 12, 13, 14]) expect(served.has(gone), `item ${gone}`).toBe(false);
    expect(served.has(15)).toBe(true);
    expect([...ports.retriever.requests[0].excludedOrdinals].sort()).toEqual([0, 10, 11, 14]);
  });

  it('joins the history that the caller sent to the stored one, newest kept', async () => {
    const stored = [1, 2].map((index) => ({
      ordinal: ordinal(index),
      eventType: 0,
      timeMs: NOW_MS - 1_000 * (10 - index),
      value: 1,
    }));
    const ports = portsOf({
      onlineState: { userState: async () => ok(stateOf({ recentInteractions: stored })) },
    });
    const sent = [stored[1], { ...stored[0], ordinal: ordinal(3), timeMs: NOW_MS - 100 }];
    await slateOf(await funnelOf(ports), { recentInteractions: sent });
    expect(ordinalsOf(ports.retriever.requests[0].query.history)).toEqual([1, 2, 3]);
  });

  it('applies the request filter and tops up from memory what it left short', async () => {
    const funnel = await funnelOf(portsOf());
    const filter = new ExpressionCompiler(descriptionOf()).compile('item.year >= 1990');
    if (!filter.ok) throw new Error(filter.error.reason);
    const slate = await slateOf(funnel, { filter: filter.value });
    expect(ordinalsOf(slate.items).sort()).toEqual([95, 96, 97, 98, 99]);
    expect(slate.degraded).toEqual([]);
  });

  it('fails with a client error naming the filter when it yields no bool', async () => {
    const filter = new ExpressionCompiler(descriptionOf()).compile('[item.genre][0]');
    if (!filter.ok) throw new Error(filter.error.reason);
    const result = await (await funnelOf(portsOf())).recommend({ ...request, filter: filter.value });
    expect(result).toMatchObject({ ok: false, error: { kind: 'client', component: 'filter' } });
  });

  it('serves someone whom nobody knows', async () => {
    const slate = await slateOf(await funnelOf(portsOf()), { userId: userId('stranger') });
    expect(slate.items).toHaveLength(5);
    expect(slate.degraded).toEqual([]);
  });

  it('serves only eligible items, in offline runs', async () => {
    const funnel = await funnelOf(portsOf(), { eligible: (index) => index % 2 === 0, deadlines: false });
    const slate = await slateOf(funnel, { k: 30 });
    expect(slate.items.length).toBeGreaterThan(10);
    expect(ordinalsOf(slate.items).every((index) => index % 2 === 0)).toBe(true);
  });

  it('can leave stages and sources out', async () => {
    const ports = portsOf();
    const ablation = { sources: ['two-tower'], lightRank: false, heavyRank: false };
    const slate = await slateOf(await funnelOf(ports, { ablation, deadlines: false }));
    expect(ordinalsOf(slate.items)).toEqual([10, 11, 12, 13, 14]);
    expect(ports.lightRanker.requests.length + ports.heavyRanker.requests.length).toBe(0);
    expect(ports.retriever.requests[0].sources).toEqual([{ source: 'two-tower', quota: 20 }]);
  });
});

describe('what is gone', () => {
  it('candidate generation: trending stands in', async () => {
    const ports = portsOf();
    ports.retriever.failure = broken('candidate-generation');
    const slate = await slateOf(await funnelOf(ports), { k: 20 });
    expect(components(slate)).toEqual(['candidate-generation']);
    expect(slate.items).toHaveLength(20);
    expect(ports.lightRanker.requests[0].queryVector).toBeNull();
  });

  it('candidate generation: what it last found for the user stands in', async () => {
    const ports = portsOf();
    const funnel = await funnelOf(ports, {
      description: descriptionOf(surfaceOf({ sources: [{ source: 'two-tower', quota: 5 }] })),
    });
    const first = await funnel.recommend(request);
    if (first.ok) await first.value.afterReply();
    ports.retriever.failure = broken('candidate-generation');
    const slate = await slateOf(funnel);
    expect(components(slate)).toEqual(['candidate-generation']);
    const sources = slate.diagnostics.ranked.flatMap(({ provenance }) =>
      provenance.map(({ source }) => source),
    );
    expect(sources.filter((source) => source === 'cached')).toHaveLength(5);
  });

  it('light ranker: the order of retrieval reaches the heavy one', async () => {
    const ports = portsOf();
    ports.lightRanker.failure = broken('light-ranker');
    const slate = await slateOf(await funnelOf(ports));
    expect(components(slate)).toEqual(['light-ranker']);
    expect(ports.heavyRanker.requests[0].ordinals).toHaveLength(10);
  });

  it('heavy ranker: light scores stand', async () => {
    const ports = portsOf();
    ports.heavyRanker.failure = broken('heavy-ranker');
    const slate = await slateOf(await funnelOf(ports));
    expect(components(slate)).toEqual(['heavy-ranker']);
    expect(ordinalsOf(slate.items)).toEqual([0, 1, 2, 3, 4]);
    expect(slate.items[0].headValues).toEqual([]);
  });

  it('a ranker whose scores are not finite is a failing model, not an outage of ours', async () => {
    const lightRanker = portsOf().lightRanker;
    lightRanker.rank = async (given) =>
      ok({
        release: given.release,
        scores: new Float32Array(given.ordinals.length).fill(NaN),
        heads: [],
        headValues: new Float32Array(0),
      });
    const slate = await slateOf(await funnelOf(portsOf({ lightRanker })));
    expect(slate.degraded).toMatchObject([{ component: 'light-ranker', kind: 'model' }]);
  });

  it('a heavy ranker none of whose heads the value model weighs is a failing model', async () => {
    const heavyRanker = new FakeRanker({ heads: ['dwell'], headValuesOf: () => [1] });
    const slate = await slateOf(await funnelOf(portsOf({ heavyRanker })));
    expect(slate.degraded).toMatchObject([{ component: 'heavy-ranker', kind: 'model' }]);
    expect(ordinalsOf(slate.items)).toEqual([0, 1, 2, 3, 4]);
  });

  it('online store: the query is anonymous, history comes from the request', async () => {
    const ports = portsOf({ onlineState: { userState: async () => err(broken('online-store')) } });
    const sent = [{ ordinal: ordinal(3), eventType: 1, timeMs: NOW_MS - 100, value: 1 }];
    const slate = await slateOf(await funnelOf(ports), { recentInteractions: sent, k: 60 });
    expect(components(slate)).toEqual(['online-store']);
    expect(ordinalsOf(ports.retriever.requests[0].query.history)).toEqual([3]);
    // A purchase counts as seen, also when only the caller knows of it.
    expect(ordinalsOf(slate.items)).not.toContain(3);
  });

  it('everything: the popular list in memory, flagged', async () => {
    const ports = portsOf({ onlineState: { userState: async () => err(broken('online-store')) } });
    ports.retriever.failure = broken('candidate-generation');
    ports.lightRanker.failure = broken('light-ranker');
    ports.heavyRanker.failure = broken('heavy-ranker');
    const sources = [{ source: 'two-tower' as const, quota: 20 }];
    const funnel = await funnelOf(ports, {
      description: descriptionOf(
        surfaceOf({ sources, filters: { seen: false, expression: 'item.year < 1910' } }),
      ),
    });
    const slate = await slateOf(funnel);
    expect(components(slate)).toEqual([
      'online-store',
      'candidate-generation',
      'light-ranker',
      'heavy-ranker',
    ]);
    expect(ordinalsOf(slate.items)).toEqual([0, 1, 2, 3, 4]);
  });

  it('everything hangs: the slate comes within the deadline', async () => {
    const ports = portsOf({ onlineState: { userState: () => new Promise(() => {}) } });
    for (const part of [ports.retriever, ports.lightRanker, ports.heavyRanker]) part.latencyMs = 1_000;
    const funnel = await funnelOf(ports);
    const startedAtMs = performance.now();
    const slate = await slateOf(funnel, { deadlineAtMs: startedAtMs + 60 });
    expect(performance.now() - startedAtMs).toBeLessThan(600);
    expect(slate.items).toHaveLength(5);
    expect(components(slate)).toEqual([
      'online-store',
      'candidate-generation',
      'light-ranker',
      'heavy-ranker',
    ]);
  });

  it('the release: the whole request is an error, never half of it', async () => {
    const ports = portsOf();
    ports.heavyRanker.failure = stageError('dependency', 'heavy-ranker', RELEASE_NOT_LOADED);
    const result = await (await funnelOf(ports)).recommend(request);
    expect(result).toMatchObject({ ok: false, error: { reason: RELEASE_NOT_LOADED } });
  });

  it('the release, on the last attempt: the stage without it fails open', async () => {
    const ports = portsOf();
    ports.heavyRanker.failure = stageError('dependency', 'heavy-ranker', RELEASE_NOT_LOADED);
    const slate = await slateOf(await funnelOf(ports), { tolerateMissingRelease: true });
    expect(components(slate)).toEqual(['heavy-ranker']);
  });
});

describe('slates', () => {
  it('continue on the next page without repeating an item', async () => {
    const funnel = await funnelOf(portsOf());
    const seen = new Set<number>();
    let page = null;
    for (let round = 0; round < 5; round += 1) {
      const slate: Slate = await slateOf(funnel, { page, k: 7 });
      expect(slate.items.map(({ position }) => position)).toEqual(
        Array.from({ length: 7 }, (_, index) => round * 7 + index),
      );
      for (const index of ordinalsOf(slate.items)) {
        expect(seen.has(index)).toBe(false);
        seen.add(index);
      }
      const token = decodePageToken(slate.nextPageToken);
      if (!token.ok) throw new Error(token.error.reason);
      page = token.value;
    }
  });

  it('end without a token when nothing is left', async () => {
    const slate = await slateOf(await funnelOf(portsOf()), { k: 500 });
    expect(slate.items.length).toBeLessThanOrEqual(100);
    expect(slate.nextPageToken).toBe('');
  });

  it('say why, when asked', async () => {
    const history = [{ ordinal: ordinal(14), eventType: 1, timeMs: NOW_MS - 100, value: 1 }];
    const funnel = await funnelOf(portsOf());
    const slate = await slateOf(funnel, { explain: true, k: 60, recentInteractions: history });
    const reasonsFor = (index: number) => slate.items.find((one) => one.ordinal === index)?.reasons;
    expect(reasonsFor(34)).toEqual(['similar to Item 14 (your purchase)']);
    expect(reasonsFor(18)).toEqual(['fits your taste for drama']);
    expect(reasonsFor(4)).toContain('popular');
    expect(reasonsFor(51)).toContain('trending this week');
    expect(reasonsFor(98)).toContain('new in the catalogue');
    expect(slate.items[0].attributes).toMatchObject({ title: expect.stringContaining('Item') });
  });

  it('are logged after the reply, and not on a dry run', async () => {
    const log: ServedSlate[] = [];
    const servedSlates = { append: async (slate: ServedSlate) => ok(void log.push(slate)) };
    const funnel = await funnelOf(portsOf({ servedSlates }));
    for (const dryRun of [true, false]) {
      const result = await funnel.recommend({ ...request, dryRun });
      expect(log).toHaveLength(0);
      if (result.ok) await result.value.afterReply();
    }
    expect(log).toHaveLength(1);
    expect(log[0]).toMatchObject({ userId: 'u1', surface: 'home', release: RELEASE });
    expect(ordinalsOf(log[0].items)).toEqual([14, 13, 12, 11, 10]);
  });
});

describe('pipelines', () => {
  it.each(['home', 'similar'])('%s reads as the funnel', async (name) => {
    const description = descriptionOf(
      surfaceOf({
        name,
        rerankers: [
          { kind: 'mmr', by: 'attribute', attribute: 'genre', lambda: 0.7, depth: 50 },
          { kind: 'cap', attribute: 'genre', countMax: 2, window: 5 },
        ],
      }),
    );
    const funnel = createFunnel({ description, release: RELEASE, ports: portsOf() });
    expect(funnel.describe(name)).toMatchSnapshot();
  });

  it('refuse a surface whose own filter does not compile', () => {
    const description = descriptionOf(surfaceOf({ filters: { seen: true, expression: 'item.yeer > 1' } }));
    expect(() => createFunnel({ description, release: RELEASE, ports: portsOf() })).toThrow(
      "surface home: its filter expression item has no attribute 'yeer'",
    );
  });
});
