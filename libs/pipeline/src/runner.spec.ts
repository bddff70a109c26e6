import { ok, type StageError } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import type { CandidateSource, Filter, QueryHydrator, Reranker, Scorer } from './components';
import { describe as describePipeline } from './describe';
import type { PipelineTracer } from './observer';
import {
  answer,
  base,
  failure,
  item,
  keepOnly,
  keys,
  query,
  run,
  runnerOf,
  scorer,
  source,
  type Item,
  type Query,
} from './runner.fixture';

describe('PipelineRunner', () => {
  it('retrieves, filters, scores, selects and reports every stage with its counts', async () => {
    const outcome = await answer({ filters: [keepOnly('odd', (key) => key % 2 === 1)] });
    expect(keys(outcome)).toEqual([5, 3, 1]);
    expect(outcome.degraded).toEqual([]);
    expect(outcome.timings.map(({ stage, countIn, countOut }) => [stage, countIn, countOut])).toEqual([
      ['hydrate', 0, 0],
      ['retrieve', 0, 5],
      ['filter', 5, 3],
      ['light-rank', 3, 3],
      ['rerank', 3, 3],
    ]);
    expect(outcome.diagnostics.removed).toEqual([{ filter: 'odd', count: 2 }]);
    expect(outcome.diagnostics.retrieved).toEqual([{ source: 'numbers', count: 5 }]);
  });

  it('has timings that explain at least 90 % of the latency', async () => {
    const slow = scorer('slow', (key) => key, {
      score: async (_query, items) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        return ok([...items]);
      },
    });
    const startedAtMs = performance.now();
    const { timings } = await answer({ scorers: [slow] });
    const totalMs = performance.now() - startedAtMs;
    const explainedMs = timings.reduce((sum, { durationMs }) => sum + durationMs, 0);
    expect(explainedMs).toBeGreaterThan(totalMs * 0.9);
  });

  it('runs hydrators side by side and joins what they found', async () => {
    const order: string[] = [];
    const hydrator = (name: string, found: Partial<Query>, waitMs: number): QueryHydrator<Query> => ({
      name,
      onFailure: 'open',
      hydrate: async () => {
        order.push(`${name} starts`);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        order.push(`${name} ends`);
        return ok(found);
      },
    });
    const outcome = await answer({
      queryHydrators: [hydrator('a', { profile: 'known' }, 20), hydrator('b', { mood: 'good' }, 1)],
    });
    expect(order).toEqual(['a starts', 'b starts', 'b ends', 'a ends']);
    expect(outcome.query).toEqual({ k: 3, profile: 'known', mood: 'good' });
  });

  it('refuses two hydrators that fill the same field', async () => {
    const hydrator = (name: string): QueryHydrator<Query> => ({
      name,
      onFailure: 'open',
      hydrate: async () => ok({ mood: name }),
    });
    await expect(answer({ queryHydrators: [hydrator('a'), hydrator('b')] })).rejects.toThrow('b fills mood');
  });

  it('passes on what a source learned of the query', async () => {
    const learning: CandidateSource<Query, Item> = {
      ...source('tower'),
      retrieve: async () => ok({ candidates: [item(1)], learned: { mood: 'learned' } }),
    };
    expect((await answer({ sources: [learning] })).query.mood).toBe('learned');
  });

  it('skips a component that is not enabled', async () => {
    const off = { ...source('off', 100), enabled: () => false };
    const outcome = await answer({ sources: [off, source('on', 1)] });
    expect(keys(outcome)).toEqual([1]);
    expect(outcome.diagnostics.retrieved.map((one) => one.source)).toEqual(['on']);
  });

  it('opens a span for every component that can fail, with counts', async () => {
    const spans: Record<string, Record<string, unknown>> = {};
    const tracer: PipelineTracer = {
      span: (name, attributes, work) => {
        spans[name] = { ...attributes };
        return work({ set: (more) => Object.assign(spans[name], more) });
      },
    };
    await answer({ scorers: [scorer('light', (key) => key)] }, { tracer });
    expect(spans).toEqual({
      'test/numbers': { component: 'numbers', 'count.in': 0, 'count.out': 5 },
      'test/light': { component: 'light', 'count.in': 5, 'count.out': 5 },
    });
  });
});

describe('failure policies', () => {
  const broken = (
    name: string,
    onFailure: CandidateSource<Query, Item>['onFailure'],
    kind: StageError['kind'] = 'dependency',
  ): CandidateSource<Query, Item> => ({ name, onFailure, retrieve: async () => failure(name, kind) });

  it('goes on without a source that fails open, and names it', async () => {
    const outcome = await answer({ sources: [broken('gone', 'open'), source('there', 1)] });
    expect(keys(outcome)).toEqual([1]);
    expect(outcome.degraded).toEqual([{ component: 'gone', kind: 'dependency', reason: 'broken' }]);
  });

  it('fails the request for a source that fails closed', async () => {
    const result = await run({ sources: [broken('gone', 'closed'), source('there', 1)] });
    expect(result).toMatchObject({ ok: false, error: { component: 'gone' } });
  });

  it('fails open for the listed kinds only', async () => {
    const onFailure = { openFor: ['timeout'] as const };
    expect((await run({ sources: [broken('late', onFailure, 'timeout')] })).ok).toBe(true);
    expect((await run({ sources: [broken('wrong', onFailure, 'model')] })).ok).toBe(false);
  });

  it('lets nothing fail open that the pipeline calls fatal', async () => {
    const result = await run({
      sources: [broken('gone', 'open')],
      isFatal: ({ reason }) => reason === 'broken',
    });
    expect(result.ok).toBe(false);
  });

  it('keeps the order that it had when a scorer fails open', async () => {
    const outcome = await answer({
      scorers: [
        scorer('light', (key) => -key),
        scorer('heavy', () => 0, { score: async () => failure('heavy', 'model') }),
      ],
    });
    expect(keys(outcome)).toEqual([1, 2, 3]);
    expect(outcome.degraded.map(({ component }) => component)).toEqual(['heavy']);
  });

  it('lets a stand-in give candidates for a source that failed open', async () => {
    const stoodIn = { ...broken('gone', 'open'), standIn: () => [item(42)] };
    expect(keys(await answer({ sources: [stoodIn] }))).toEqual([42]);
  });

  it('fails the request when a filter fails: what it would have removed is not served', async () => {
    const result = await run({ filters: [{ name: 'filter', apply: () => failure('filter', 'client') }] });
    expect(result).toMatchObject({ ok: false, error: { kind: 'client', component: 'filter' } });
  });

  it('throws on a bug in a component', async () => {
    const buggy: CandidateSource<Query, Item> = {
      ...source('bug'),
      retrieve: () => Promise.reject(new TypeError('undefined is not a function')),
    };
    await expect(run({ sources: [buggy] })).rejects.toThrow('undefined is not a function');
  });
});

describe('backfill', () => {
  const backfill = {
    name: 'fallback',
    wantedCount: ({ k }: Query) => k,
    candidates: () => [item(1), item(8), item(9), item(10)],
  };

  it('tops up what filters left short, through the same filters, without repeating', async () => {
    const outcome = await answer({
      sources: [source('few', 1)],
      filters: [keepOnly('no nine', (key) => key !== 9)],
      backfill,
    });
    expect(keys(outcome).sort((a, b) => a - b)).toEqual([1, 8, 10]);
    expect(outcome.degraded).toEqual([]);
  });

  it('does nothing when there are enough', async () => {
    expect(keys(await answer({ backfill }))).toEqual([5, 4, 3]);
  });

  it('is named in degraded when it is all there is because sources failed', async () => {
    const gone: CandidateSource<Query, Item> = { ...source('gone'), retrieve: async () => failure('gone') };
    const outcome = await answer({ sources: [gone], backfill });
    expect(outcome.degraded.map(({ component }) => component)).toEqual(['gone', 'fallback']);
    expect(keys(outcome)).toHaveLength(3);
  });
});

describe('invariants', () => {
  it('catches a scorer that reorders, loses or scores without a number', async () => {
    const wrong = (score: Scorer<Query, Item>['score']) =>
      run({ scorers: [scorer('bad', () => 0, { score })] });
    await expect(wrong(async (_q, items) => ok([...items].reverse()))).rejects.toThrow('another candidate');
    await expect(wrong(async (_q, items) => ok(items.slice(1)))).rejects.toThrow('returned 4');
    await expect(wrong(async (_q, items) => ok(items.map(({ key }) => item(key, NaN))))).rejects.toThrow(
      'not finite',
    );
  });

  it('catches a merger that repeats, a filter that loses, and a re-ranker that invents', async () => {
    const merger = { name: 'merge', merge: () => [item(1), item(1)] };
    await expect(run({ merger })).rejects.toThrow('merge returned a candidate twice');
    const losing: Filter<Query, Item> = { name: 'leak', apply: () => ok({ kept: [], removed: [] }) };
    await expect(run({ filters: [losing] })).rejects.toThrow('leak');
    const inventing: Reranker<Query, Item> = { name: 'magic', rerank: () => [item(99), item(98), item(97)] };
    await expect(run({ rerankers: [inventing] })).rejects.toThrow('magic');
  });

  it('breaks ties by key', async () => {
    expect(keys(await answer({ scorers: [scorer('flat', () => 1)] }))).toEqual([1, 2, 3]);
  });
});

describe('side effects', () => {
  it('run on demand, each once, and a failing one is only counted', async () => {
    const ran: string[] = [];
    const failed: string[] = [];
    const runner = runnerOf(
      {
        sideEffects: [
          {
            name: 'fails',
            run: async () => {
              ran.push('fails');
              return failure('fails');
            },
          },
          { name: 'off', enabled: () => false, run: async () => ok(void ran.push('off')) },
          { name: 'works', run: async () => ok(void ran.push('works')) },
        ],
      },
      { observer: { sideEffectFailed: (_pipeline, component) => failed.push(component) } },
    );
    await runner.runSideEffects(query, []);
    expect(ran).toEqual(['fails', 'works']);
    expect(failed).toEqual(['fails']);
  });
});

describe('describe', () => {
  it('prints the stages in the order in which they run', () => {
    expect(
      describePipeline({
        ...base,
        filters: [keepOnly('odd', () => true), keepOnly('small', () => true)],
        backfill: { name: 'fallback', wantedCount: () => 0, candidates: () => [] },
      }),
    ).toMatchInlineSnapshot(`
      "test
      retrieve, side by side [200 ms]
        - numbers (on failure: open)
      merge
        - merge
      filter, in order [200 ms]
        - odd
        - small
      backfill
        - fallback
      light-rank [200 ms]
        - light (scores at most 100; on failure: open)
      select
        - top"
    `);
  });
});
