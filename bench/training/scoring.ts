import { performance } from 'node:perf_hooks';
import { seededRandom } from '@winnow/domain';
import { trainHeavyRanker } from '@winnow/models';
import type { HeavyRanker } from '@winnow/models';
import { normal } from '@winnow/tensor';
import { content, EVENT_TYPES, profile, queryWith, rankingExamples, valueModel } from './workload';

const ITEMS = 50_000;
const CANDIDATES = 200;
const HISTORY = 50;
const WARM_UP_REQUESTS = 20;
const REQUESTS = 192;

/** How fast a heavy ranker scores 200 candidates of a query with 50 interactions. */
export interface ScoringFigures {
  readonly concurrency: number;
  /** Of one request, from asking to answer. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly candidatesPerSecond: number;
}

export async function measureScoring(seed: number): Promise<ScoringFigures[]> {
  const { model } = await trainHeavyRanker({
    examples: rankingExamples({ items: ITEMS, queries: 32, seed }),
    sources: { content, profile, valueModel: valueModel() },
    eventTypeCount: EVENT_TYPES.length,
    ...{ historyCountMax: HISTORY, seed, epochsMax: 1, learningRate: 0.002, validationShare: 0 },
  });
  await scoreAll(model, { concurrency: 4, requests: WARM_UP_REQUESTS, seed });
  return [
    await scoreAll(model, { concurrency: 1, requests: REQUESTS, seed }),
    await scoreAll(model, { concurrency: 64, requests: REQUESTS, seed }),
  ];
}

async function scoreAll(
  model: HeavyRanker,
  options: { readonly concurrency: number; readonly requests: number; readonly seed: number },
): Promise<ScoringFigures> {
  const { concurrency, requests, seed } = options;
  const random = seededRandom(seed);
  const asked = Array.from({ length: requests }, (_, query) => ({
    query: queryWith({ items: ITEMS, history: HISTORY, random, query }),
    ordinals: Uint32Array.from({ length: CANDIDATES }, () => Math.floor(ITEMS * random())),
    features: normal(CANDIDATES * model.parts.config.featureCount, 1, random),
  }));
  const latenciesMs: number[] = [];
  let next = 0;
  const ask = async (): Promise<void> => {
    while (next < asked.length) {
      const request = asked[next++];
      const startedAtMs = performance.now();
      await model.rank(request);
      latenciesMs.push(performance.now() - startedAtMs);
    }
  };
  const startedAtMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, ask));
  const wallMs = performance.now() - startedAtMs;
  latenciesMs.sort((left, right) => left - right);
  return {
    concurrency,
    medianMs: latenciesMs[Math.floor(requests / 2)],
    p99Ms: latenciesMs[Math.floor(0.99 * requests)],
    candidatesPerSecond: (1000 * requests * CANDIDATES) / wallMs,
  };
}
