import {
  ok,
  ordinal,
  slateId,
  stageError,
  userId,
  type RankRequest,
  type ServedSlate,
  type SlateTrace,
} from '@winnow/domain';
import { FakeRanker } from '@winnow/testing';
import { describe, expect, it } from 'vitest';
import { createFunnel, type FunnelRequest } from '../create-funnel';
import { descriptionOf, NOW_MS, portsOf, RELEASE, stateOf } from '../funnel.fixture';

const AS_OF = { events: '9-1', catalog: '8-0' };
const FEATURES = ['ordinal', 'half'];

/** A heavy ranker that gives each item two features when it is asked for them. */
class TracedRanker extends FakeRanker {
  override async rank(...[request, context]: Parameters<FakeRanker['rank']>): ReturnType<FakeRanker['rank']> {
    const reply = await super.rank(request, context);
    if (!reply.ok || !request.returnFeatures) return reply;
    const values = Float32Array.from(Array.from(request.ordinals).flatMap((each) => [each, each / 2]));
    return ok({ ...reply.value, features: { names: FEATURES, values, asOf: AS_OF } });
  }
}

const heavyRanker = (): TracedRanker =>
  new TracedRanker({ heads: ['click', 'buy'], headValuesOf: (each) => [each / 100, 0.5] });

const request: FunnelRequest = {
  ...{ requestId: 'r', userId: userId('u1'), surface: 'home', k: 5, nowMs: NOW_MS },
  recentInteractions: [{ ordinal: ordinal(3), eventType: 1, timeMs: NOW_MS - 5, value: 1 }],
  context: { device: 'tv' },
};

/** Serves slates with these ids, one after the other, and returns what was logged and what rankers were asked. */
async function serve(options: {
  readonly share: number;
  readonly ids: readonly string[];
  readonly heavy?: FakeRanker;
  readonly extra?: Partial<FunnelRequest>;
}): Promise<{ readonly log: ServedSlate[]; readonly asked: readonly RankRequest[] }> {
  const { share, ids, heavy = heavyRanker(), extra } = options;
  const log: ServedSlate[] = [];
  const left = [...ids];
  const funnel = createFunnel({
    description: { ...descriptionOf(), slateLog: { traceShare: share, retentionDays: 1 } },
    release: RELEASE,
    newSlateId: () => slateId(left.shift() ?? 'none is left'),
    ports: portsOf({
      heavyRanker: heavy,
      onlineState: { userState: async () => ok(stateOf({ asOf: '7-0' })) },
      servedSlates: { append: async (slate) => ok(void log.push(slate)) },
    } as Parameters<typeof portsOf>[0]),
  });
  await funnel.lists.refresh(NOW_MS);
  for (let served = 0; served < ids.length; served += 1) {
    const result = await funnel.recommend({ ...request, ...extra });
    if (!result.ok) throw new Error(result.error.reason);
    await result.value.afterReply();
  }
  return { log, asked: heavy.requests };
}

async function traceOf(heavy?: FakeRanker): Promise<{ slate: ServedSlate; trace: SlateTrace }> {
  const { log } = await serve({ share: 1, ids: ['s'], heavy });
  const { trace } = log[0];
  if (!trace) throw new Error('no trace');
  return { slate: log[0], trace };
}

describe('the trace of a slate', () => {
  it('has every candidate with its scores, and the features that its scores were made from', async () => {
    const { slate, trace } = await traceOf();
    const { candidates } = trace;
    expect(slate.slateId).toBe('s');
    expect(trace).toMatchObject({
      query: { seedOrdinals: [], context: { device: 'tv' }, hasQueryVector: true },
      ...{ userStateAsOf: '7-0', featuresAsOf: AS_OF, heads: ['click', 'buy'], featureNames: FEATURES },
    });
    expect(trace.query.interactions).toEqual(request.recentInteractions);
    const scored = candidates.heavyScores.length;
    expect(scored).toBeGreaterThan(slate.items.length);
    expect([...candidates.ordinals.subarray(0, 5)]).toEqual(slate.items.map((item) => item.ordinal));
    for (let row = 0; row < scored; row += 1) {
      const each = candidates.ordinals[row];
      expect([...candidates.features.subarray(row * 2, row * 2 + 2)]).toEqual([each, each / 2]);
      expect(candidates.headValues[row * 2]).toBeCloseTo(each / 100);
      expect(Math.abs(candidates.lightScores[row])).toBe(each);
    }
    expect(candidates.heavyScores[0]).toBeCloseTo(slate.items[0].score);
    const finders = new Set(candidates.provenance.candidates);
    expect(finders.size).toBe(candidates.ordinals.length);
    expect(candidates.provenance.sourceNames).toContain('two-tower');
    expect(trace.removed.map(({ filter }) => filter)).toContain('seen');
  });

  it('has what there was when the heavy ranker did not answer', async () => {
    const heavy = heavyRanker();
    heavy.failure = stageError('timeout', 'heavy-ranker', 'too slow');
    const { slate, trace } = await traceOf(heavy);
    expect(slate.degraded).toEqual(['heavy-ranker']);
    expect(trace).toMatchObject({ featuresAsOf: null, heads: [], featureNames: [] });
    expect(trace.candidates.features).toHaveLength(0);
    expect(trace.candidates.ordinals.length).toBeGreaterThan(5);
  });

  it('is kept of the share of slates that the hash of their ids says, and of no others', async () => {
    const ids = Array.from({ length: 400 }, (_, index) => `slate-${index}`);
    const { log, asked } = await serve({ share: 0.1, ids });
    const traced = log.flatMap((slate) => (slate.trace ? [slate.slateId] : []));
    expect(log).toHaveLength(400);
    expect(traced.length).toBeGreaterThan(20);
    expect(traced.length).toBeLessThan(65);
    expect(asked.filter(({ returnFeatures }) => returnFeatures)).toHaveLength(traced.length);
    const again = await serve({ share: 0.1, ids });
    expect(again.log.flatMap((slate) => (slate.trace ? [slate.slateId] : []))).toEqual(traced);
  });

  it('is of no dry run, and none is asked for where the share is 0', async () => {
    const dry = await serve({ share: 1, ids: ['s'], extra: { dryRun: true } });
    expect(dry.log).toEqual([]);
    const never = await serve({ share: 0, ids: ['s'] });
    for (const asked of [...dry.asked, ...never.asked]) expect(asked).not.toHaveProperty('returnFeatures');
    expect(never.log[0]).not.toHaveProperty('trace');
  });
});
