import { ok, systemClock } from '@winnow/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { ComponentHealth } from './component-health';
import type { CandidateSource, StageContext } from './components';
import {
  answer,
  base,
  failure,
  item,
  keys,
  never,
  run,
  scorer,
  source,
  type Item,
  type Query,
} from './runner.fixture';

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
    expect(performance.now() - startedAtMs).toBeLessThan(500);
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
    expect(performance.now() - startedAtMs).toBeLessThan(500);
    expect(keys(outcome)).toEqual([7]);
    expect(outcome.degraded.map(({ component }) => component)).toEqual(['slow', 'fallback', 'light']);
  });

  it('shares what is left between the stages, so that one that hangs leaves something for the others', async () => {
    const outcome = await answer(
      {
        budgets: { hydrateMs: 100, retrieveMs: 100, filterMs: 100, rerankMs: 100 },
        sources: [{ ...source('hangs'), retrieve: () => never() }, source('there', 1, 2)],
        scorers: [scorer('light', (key) => key, { budgetMs: 100 })],
      },
      { deadlineMs: 100 },
    );
    expect(keys(outcome)).toEqual([2, 1]);
    expect(outcome.degraded.map(({ component }) => component)).toEqual(['hangs']);
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
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});

describe('load', () => {
  let health: ComponentHealth;
  beforeEach(() => {
    health = new ComponentHealth({ clock: systemClock });
  });

  it('scores as many candidates as the quality factor allows and keeps the others behind', async () => {
    const scored: number[] = [];
    const counting = scorer('light', (key) => key, {
      candidateCountMax: 5,
      score: async (_query, items) => {
        scored.push(items.length);
        return ok(items.map(({ key }) => item(key, key)));
      },
    });
    const outcome = await answer({ scorers: [counting] }, { health, loadFactor: 0.4 });
    expect(scored).toEqual([2]);
    expect(outcome.diagnostics.ranked.map(({ key }) => key)).toEqual([2, 1, 3, 4, 5]);
  });

  it('narrows a scorer that times out', async () => {
    // Long enough that a busy machine cannot eat a tenth of it before the call: a timeout says nothing then.
    const slow = scorer('slow', (key) => key, { budgetMs: 300, score: () => never() });
    await answer({ scorers: [slow] }, { health });
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
    for (let count = 0; count < 10; count += 1) await run({ sources: [dead] }, { health });
    expect(calls).toBe(5);
    const { degraded } = await answer({ sources: [dead] }, { health });
    expect(degraded[0].reason).toContain('kept failing');
    expect(health.openCircuits()).toEqual(['dead']);
  });

  it('does not hold a timeout against a component when the request left it too little time', async () => {
    const slow: CandidateSource<Query, Item> = { ...source('slow'), retrieve: () => never() };
    for (let count = 0; count < 6; count += 1) await run({ sources: [slow] }, { health, deadlineMs: 5 });
    expect(health.openCircuits()).toEqual([]);
  });

  it('does not hold it against a component when the caller hangs up', async () => {
    const waiting = scorer('waiting', (key) => key, {
      score: (_query, _items, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(failure('waiting', 'timeout')));
        }),
    });
    for (let count = 0; count < 6; count += 1) {
      const caller = new AbortController();
      setTimeout(() => caller.abort(), 2);
      await run({ scorers: [waiting] }, { health, signal: caller.signal });
    }
    expect(health.openCircuits()).toEqual([]);
    expect(health.qualities().get('waiting')).toBe(1);
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
    for (let count = 0; count < 8; count += 1) await run({ sources: [dead] }, { health, loadFactor: 0.1 });
    expect(calls).toBe(8);
  });
});
