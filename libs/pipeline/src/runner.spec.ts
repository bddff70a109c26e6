import { err, ok, stageError, systemClock, type Result, type StageError } from '@winnow/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { ComponentHealth } from './component-health';
import type { CandidateSource, Filter, QueryHydrator, Reranker, Scorer, StageContext } from './components';
import { describe as describePipeline } from './describe';
import { silentObserver, silentTracer, type PipelineObserver, type PipelineTracer } from './observer';
import type { Pipeline } from './pipeline';
import type { PipelineRun } from './run-report';
import { PipelineRunner } from './runner';

interface Query {
  readonly k: number;
  readonly profile: string;
  readonly mood: string;
}
interface Item {
  readonly key: number;
  readonly score: number;
}
type Served = readonly Item[];

const query: Query = { k: 3, profile: 'anonymous', mood: 'none' };
const item = (key: number, score = 0): Item => ({ key, score });
const failure = (component: string, kind: StageError['kind'] = 'dependency'): Result<never, StageError> =>
  err(stageError(kind, component, 'broken'));
const never = <T>(): Promise<T> => new Promise(() => {});

const source = (name: string, ...keys: number[]): CandidateSource<Query, Item> => ({
  name,
  onFailure: 'open',
  retrieve: async () => ok({ candidates: keys.map((key) => item(key)) }),
});

const scorer = (
  name: string,
  scoreOf: (key: number) => number,
  extra: Partial<Scorer<Query, Item>> = {},
): Scorer<Query, Item> => ({
  name,
  stage: `${name}-rank`,
  onFailure: 'open',
  budgetMs: 200,
  candidateCountMax: 100,
  score: async (_query, items) => ok(items.map(({ key }) => item(key, scoreOf(key)))),
  ...extra,
});

const keepOnly = (name: string, keeps: (key: number) => boolean): Filter<Query, Item> => ({
  name,
  apply: (_query, items) =>
    ok({
      kept: items.filter(({ key }) => keeps(key)),
      removed: items.filter(({ key }) => !keeps(key)).map((candidate) => ({ candidate, reason: name })),
    }),
});

const base: Pipeline<Query, Item, Served> = {
  name: 'test',
  budgets: { hydrateMs: 200, retrieveMs: 200, filterMs: 200, rerankMs: 200 },
  keyOf: ({ key }) => key,
  scoreOf: ({ score }) => score,
  queryHydrators: [],
  sources: [source('numbers', 1, 2, 3, 4, 5)],
  merger: {
    name: 'merge',
    merge: (_query, lists) => [...new Map(lists.flat().map((one) => [one.key, one])).values()],
  },
  candidateHydrators: [],
  filters: [],
  backfill: null,
  scorers: [scorer('light', (key) => key)],
  selector: {
    name: 'top',
    select: ({ k }, ranked) => ({ selected: ranked.slice(0, k), reserve: ranked.slice(k) }),
  },
  rerankers: [],
  sideEffects: [],
};

let health: ComponentHealth;
beforeEach(() => {
  health = new ComponentHealth({ clock: systemClock });
});

interface RunOptions {
  readonly deadlineMs?: number;
  readonly observer?: PipelineObserver;
  readonly tracer?: PipelineTracer;
  readonly signal?: AbortSignal;
  readonly loadFactor?: number;
}

function runnerOf(parts: Partial<Pipeline<Query, Item, Served>>, options: RunOptions = {}) {
  return new PipelineRunner<Query, Item, Served>(
    { ...base, ...parts },
    {
      clock: systemClock,
      health,
      tracer: options.tracer ?? silentTracer,
      observer: options.observer ?? silentObserver,
    },
  );
}

function run(parts: Partial<Pipeline<Query, Item, Served>>, options: RunOptions = {}) {
  const { deadlineMs = 500, signal, loadFactor } = options;
  const deadlineAtMs = systemClock.monotonicMs() + deadlineMs;
  return runnerOf(parts, options).run({ query, requestId: 'r1', deadlineAtMs, signal, loadFactor });
}

async function answer(
  parts: Partial<Pipeline<Query, Item, Served>>,
  options: RunOptions = {},
): Promise<PipelineRun<Query, Item>> {
  const result = await run(parts, options);
  if (!result.ok) throw new Error(`run failed: ${result.error.reason}`);
  return result.value;
}

const keys = ({ selected }: PipelineRun<Query, Item>): number[] => selected.map(({ key }) => key);

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

describe('deadlines', () => {
  it('gives a slow source its stage budget and no more, and aborts it', async () => {
    let context: StageContext | undefined;
    const slow: CandidateSource<Query, Item> = {
      ...source('slow'),
      retrieve: (_query, given) => {
        context = given;
        return never();
      },
    };
    const startedAtMs = performance.now();
    const outcome = await answer({
      budgets: { ...base.budgets, retrieveMs: 20 },
      sources: [slow, source('fast', 1)],
    });
    expect(performance.now() - startedAtMs).toBeLessThan(150);
    expect(keys(outcome)).toEqual([1]);
    expect(outcome.degraded).toMatchObject([{ component: 'slow', kind: 'timeout' }]);
    expect(context?.signal.aborted).toBe(true);
    expect(context?.deadlineAtMs).toBeLessThanOrEqual(startedAtMs + 30);
  });

  it('cuts every budget to what is left of the request', async () => {
    const startedAtMs = performance.now();
    const outcome = await answer(
      {
        sources: [{ ...source('slow'), retrieve: () => never() }],
        scorers: [scorer('light', (key) => key, { score: () => never() })],
        backfill: { name: 'fallback', wantedCount: ({ k }) => k, candidates: () => [item(7)] },
      },
      { deadlineMs: 30 },
    );
    expect(performance.now() - startedAtMs).toBeLessThan(150);
    expect(keys(outcome)).toEqual([7]);
    expect(outcome.degraded.map(({ component }) => component)).toEqual(['slow', 'fallback', 'light']);
  });

  it('asks a source in memory even when no time is left', async () => {
    const outcome = await answer(
      { sources: [{ ...source('memory', 1), inMemory: true }] },
      { deadlineMs: 0 },
    );
    expect(keys(outcome)).toEqual([1]);
  });

  it('ignores what arrives late, a rejection too', async () => {
    const late: CandidateSource<Query, Item> = {
      ...source('late'),
      retrieve: (_query, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => setTimeout(() => reject(new Error('too late')), 5));
        }),
    };
    const outcome = await answer({ budgets: { ...base.budgets, retrieveMs: 5 }, sources: [late] });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(outcome.degraded).toMatchObject([{ component: 'late', kind: 'timeout' }]);
  });

  it('aborts components when the caller hangs up', async () => {
    const caller = new AbortController();
    const waiting: CandidateSource<Query, Item> = {
      ...source('waiting'),
      retrieve: (_query, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(failure('waiting')));
        }),
    };
    setTimeout(() => caller.abort(), 5);
    const startedAtMs = performance.now();
    await run({ sources: [waiting] }, { signal: caller.signal });
    expect(performance.now() - startedAtMs).toBeLessThan(150);
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

describe('load', () => {
  it('scores as many candidates as the quality factor allows and keeps the others behind', async () => {
    const scored: number[] = [];
    const counting = scorer('light', (key) => key, {
      candidateCountMax: 5,
      score: async (_query, items) => {
        scored.push(items.length);
        return ok(items.map(({ key }) => item(key, key)));
      },
    });
    const outcome = await answer({ scorers: [counting] }, { loadFactor: 0.4 });
    expect(scored).toEqual([2]);
    expect(outcome.diagnostics.ranked.map(({ key }) => key)).toEqual([2, 1, 3, 4, 5]);
  });

  it('narrows a scorer that times out', async () => {
    const slow = scorer('slow', (key) => key, { budgetMs: 5, score: () => never() });
    await answer({ scorers: [slow] });
    expect(health.qualities().get('slow')).toBeCloseTo(0.7);
  });

  it('stops calling a component that keeps failing, and says so', async () => {
    let calls = 0;
    const dead: CandidateSource<Query, Item> = {
      ...source('dead'),
      retrieve: async () => {
        calls += 1;
        return failure('dead');
      },
    };
    for (let count = 0; count < 10; count += 1) await run({ sources: [dead] });
    expect(calls).toBe(5);
    const { degraded } = await answer({ sources: [dead] });
    expect(degraded[0].reason).toContain('kept failing');
    expect(health.openCircuits()).toEqual(['dead']);
  });

  it('does not hold a timeout against a component when the request left it too little time', async () => {
    const slow: CandidateSource<Query, Item> = { ...source('slow'), retrieve: () => never() };
    for (let count = 0; count < 6; count += 1) await run({ sources: [slow] }, { deadlineMs: 5 });
    expect(health.openCircuits()).toEqual([]);
  });

  it('never adapts in offline runs', async () => {
    health = new ComponentHealth({ clock: systemClock, adaptive: false });
    let calls = 0;
    const dead: CandidateSource<Query, Item> = {
      ...source('dead'),
      retrieve: async () => {
        calls += 1;
        return failure('dead');
      },
    };
    for (let count = 0; count < 8; count += 1) await run({ sources: [dead] }, { loadFactor: 0.1 });
    expect(calls).toBe(8);
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
