import { err, ok, stageError, systemClock, type Result, type StageError } from '@winnow/domain';
import { ComponentHealth } from './component-health';
import type { CandidateSource, Filter, Scorer } from './components';
import { silentObserver, silentTracer, type PipelineObserver, type PipelineTracer } from './observer';
import type { Pipeline } from './pipeline';
import type { PipelineRun } from './run-report';
import { PipelineRunner } from './runner';

export interface Query {
  readonly k: number;
  readonly profile: string;
  readonly mood: string;
}
export interface Item {
  readonly key: number;
  readonly score: number;
}
export type Served = readonly Item[];

export const query: Query = { k: 3, profile: 'anonymous', mood: 'none' };
export const item = (key: number, score = 0): Item => ({ key, score });
export const failure = (
  component: string,
  kind: StageError['kind'] = 'dependency',
): Result<never, StageError> => err(stageError(kind, component, 'broken'));
export const never = <T>(): Promise<T> => new Promise(() => {});

export const source = (name: string, ...keys: number[]): CandidateSource<Query, Item> => ({
  name,
  onFailure: 'open',
  retrieve: async () => ok({ candidates: keys.map((key) => item(key)) }),
});

export const scorer = (
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

export const keepOnly = (name: string, keeps: (key: number) => boolean): Filter<Query, Item> => ({
  name,
  apply: (_query, items) =>
    ok({
      kept: items.filter(({ key }) => keeps(key)),
      removed: items.filter(({ key }) => !keeps(key)).map((candidate) => ({ candidate, reason: name })),
    }),
});

export const base: Pipeline<Query, Item, Served> = {
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

/** Each run has health of its own unless it brings one. */
const newHealth = (): ComponentHealth => new ComponentHealth({ clock: systemClock });

export interface RunOptions {
  readonly deadlineMs?: number;
  readonly observer?: PipelineObserver;
  readonly tracer?: PipelineTracer;
  readonly signal?: AbortSignal;
  readonly loadFactor?: number;
  readonly health?: ComponentHealth;
}

export function runnerOf(parts: Partial<Pipeline<Query, Item, Served>>, options: RunOptions = {}) {
  return new PipelineRunner<Query, Item, Served>(
    { ...base, ...parts },
    {
      clock: systemClock,
      health: options.health ?? newHealth(),
      tracer: options.tracer ?? silentTracer,
      observer: options.observer ?? silentObserver,
    },
  );
}

export function run(parts: Partial<Pipeline<Query, Item, Served>>, options: RunOptions = {}) {
  const { deadlineMs = 500, signal, loadFactor } = options;
  const deadlineAtMs = systemClock.monotonicMs() + deadlineMs;
  return runnerOf(parts, options).run({ query, requestId: 'r1', deadlineAtMs, signal, loadFactor });
}

export async function answer(
  parts: Partial<Pipeline<Query, Item, Served>>,
  options: RunOptions = {},
): Promise<PipelineRun<Query, Item>> {
  const result = await run(parts, options);
  if (!result.ok) throw new Error(`run failed: ${result.error.reason}`);
  return result.value;
}

export const keys = ({ selected }: PipelineRun<Query, Item>): number[] => selected.map(({ key }) => key);
