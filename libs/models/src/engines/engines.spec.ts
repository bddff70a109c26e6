import { releaseVersion } from '@winnow/domain';
import type { RankRequest, VectorIndexReader } from '@winnow/domain';
import { NeighbourTable } from '@winnow/features';
import type { RankingFeatures } from '@winnow/features';
import { describe, expect, it } from 'vitest';
import { queryWith } from '../planted-world.fixture';
import { CandidateEngine } from './candidate-engine';
import { RankingEngine } from './ranking-engine';
import type { RankingModel } from './ranking-engine';

const RELEASE = releaseVersion('20260101T000000Z-aaaaaa');

describe('CandidateEngine', () => {
  /** Vectors on a circle by ordinal; searched exactly. */
  const vectorOf = (ordinal: number): Float32Array =>
    Float32Array.of(Math.cos(ordinal / 20), Math.sin(ordinal / 20));
  const index: VectorIndexReader = {
    dimension: 2,
    kind: 'exact',
    count: () => 50,
    close: async () => {},
    vector: async (ordinal) => vectorOf(ordinal),
    search: async (query, k) => {
      const scores = Array.from({ length: 50 }, (_, ordinal) => {
        const [x, y] = vectorOf(ordinal);
        return x * query[0] + y * query[1];
      });
      const best = scores
        .map((_, ordinal) => ordinal)
        .sort((a, b) => scores[b] - scores[a])
        .slice(0, k);
      return { ordinals: Uint32Array.from(best), scores: Float32Array.from(best, (at) => scores[at]) };
    },
  };
  // Users went from 1 to 2 to 3; nobody ever used 30.
  const neighbours = NeighbourTable.build({
    users: Uint32Array.of(0, 1, 0, 1, 0, 1),
    ordinals: Uint32Array.of(1, 1, 2, 2, 3, 3),
    timesMs: Float64Array.of(1, 2, 3, 4, 5, 6),
  });
  const engineWith = (query: Float32Array): CandidateEngine =>
    new CandidateEngine({
      tower: { encodeQuery: async () => query },
      ...{ index, neighbours, vectorOf, positiveEventTypes: [true, false] },
    });
  const retrieve = (options: {
    source?: string;
    quota?: number;
    history?: number[];
    seeds?: number[];
    excluded?: number[];
    vector?: Float32Array;
  }) =>
    engineWith(options.vector ?? vectorOf(0)).retrieve({
      release: RELEASE,
      query: { ...queryWith(...(options.history ?? [])), seedOrdinals: (options.seeds ?? []) as never },
      sources: [{ source: options.source ?? 'two-tower', quota: options.quota ?? 3 }],
      excludedOrdinals: Uint32Array.from(options.excluded ?? []),
    });
  const found = async (options: Parameters<typeof retrieve>[0]): Promise<number[]> => {
    const reply = await retrieve(options);
    if (!reply.ok) throw new Error(reply.error.reason);
    return [...reply.value.sources[0].ordinals];
  };

  it('fills the quota from beyond what is excluded', async () => {
    expect(await found({})).toEqual([0, 1, 2]);
    expect(await found({ excluded: [0, 2, 3] })).toEqual([1, 4, 5]);
  });

  it('brings neighbours of recent items and of seeds, and never what is excluded', async () => {
    const similar = await found({ source: 'similar', history: [1] });
    expect(similar.sort()).toEqual([2, 3]);
    expect(await found({ source: 'similar', seeds: [3], excluded: [2] })).toEqual([1]);
    expect(await found({ source: 'similar' })).toEqual([]);
  });

  it('searches around an item that has no neighbours, without returning it', async () => {
    const similar = await found({ source: 'similar', history: [30], quota: 4 });
    expect(similar).not.toContain(30);
    expect(similar).toEqual(expect.arrayContaining([29, 31]));
  });

  it('refuses a source that it does not have, and reports a tower that gives no finite vector', async () => {
    expect(await retrieve({ source: 'oracle' })).toMatchObject({ ok: false, error: { kind: 'client' } });
    expect(await retrieve({ vector: Float32Array.of(NaN, 0) })).toMatchObject({
      ok: false,
      error: { kind: 'model' },
    });
  });
});

describe('RankingEngine', () => {
  const features = {
    names: ['number'],
    compute: (_query: unknown, _vector: unknown, ordinals: Uint32Array) => Float32Array.from(ordinals),
  } as unknown as RankingFeatures;
  const engineOf = (rank: RankingModel['rank']): RankingEngine =>
    new RankingEngine({ component: 'heavy-ranker', model: { heads: ['take'], rank }, features });
  const request = (...ordinals: number[]): RankRequest => ({
    release: RELEASE,
    query: queryWith(),
    ordinals: Uint32Array.from(ordinals),
    queryVector: null,
  });
  const echo: RankingModel['rank'] = async (input) => ({
    scores: input.features,
    headValues: input.features,
  });

  it('answers in the order of the request', async () => {
    const reply = await engineOf(echo).rank(request(7, 3));
    expect(reply).toMatchObject({ ok: true, value: { release: RELEASE, heads: ['take'] } });
    expect(reply.ok && [...reply.value.scores]).toEqual([7, 3]);
  });

  it('shows the features that it gave the network, and as of when, to a request that asks', async () => {
    let events = '5-0';
    const engine = new RankingEngine({
      ...{ component: 'heavy-ranker', features },
      asOf: () => ({ events, catalog: '1-0' }),
      model: {
        heads: ['take'],
        rank: (input) => {
          // The streams go on while the network computes.
          events = '6-0';
          return echo(input);
        },
      },
    });
    const silent = await engine.rank(request(7, 3));
    expect(silent.ok && silent.value).not.toHaveProperty('features');
    events = '5-0';
    const reply = await engine.rank({ ...request(7, 3), returnFeatures: true });
    expect(reply.ok && reply.value.features).toEqual({
      ...{ names: ['number'], values: Float32Array.of(7, 3) },
      asOf: { events: '5-0', catalog: '1-0' },
    });
  });

  it('does not trouble the network with nothing', async () => {
    const engine = engineOf(async () => Promise.reject(new Error('asked')));
    const reply = await engine.rank(request());
    expect(reply.ok && reply.value.scores.length).toBe(0);
  });

  it('calls scores that are not finite, and a network that throws, a failure of the model', async () => {
    const nan = engineOf(async () => ({ scores: Float32Array.of(NaN), headValues: Float32Array.of(1) }));
    expect(await nan.rank(request(1))).toMatchObject({ ok: false, error: { kind: 'model' } });
    const broken = engineOf(async () => Promise.reject(new Error('out of memory')));
    expect(await broken.rank(request(1))).toMatchObject({
      ok: false,
      error: { kind: 'model', component: 'heavy-ranker', reason: 'out of memory' },
    });
  });
});
