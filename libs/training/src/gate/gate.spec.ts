import type { GateDescription } from '@winnow/domain';
import type { GateCheck, GateEvidence, GateRecommender } from '@winnow/reporting';
import { describe, expect, it } from 'vitest';
import { differenceFrom, interval, passingEvidence as passing, settingsWith } from './evidence.fixture';
import { gate } from './gate';

const judge = (evidence: Partial<GateEvidence>, limits: Partial<GateDescription> = {}) =>
  gate({ ...passing, ...evidence }, settingsWith(limits));

const withServingDifference = (ndcg: GateEvidence['differences'][number]['ndcg']): Partial<GateEvidence> => ({
  differences: [differenceFrom('serving', ndcg), ...passing.differences.slice(1)],
});

const recommendersWith = (candidate: Partial<GateRecommender>): Partial<GateEvidence> => ({
  recommenders: { ...passing.recommenders, candidate: { ...passing.recommenders.candidate, ...candidate } },
});

const failures = (checks: readonly GateCheck[]): string[] =>
  checks.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);

describe('the gate', () => {
  it('promotes a release that beats the lists and is about as good as the serving one, and counts what it could not see', () => {
    expect(judge({})).toMatchObject({
      promoted: true,
      reason:
        'NDCG@20 0.2000 over 200 users (popular 0.1000, trending 0.1200, serving release 0.2100); 15 checks passed, 1 not measured, 2 off',
    });
  });

  it('refuses a release that loses to the popular list', () => {
    const { promoted, reason } = judge({
      differences: [passing.differences[0], differenceFrom('popular', interval(-0.05))],
    });
    expect(promoted).toBe(false);
    expect(reason).toContain("does not beat the popular list's 0.1000");
  });

  it('refuses a release that is surely much worse than the serving one, and says by how much', () => {
    // A tenth of 0.21 may be lost; even the hopeful end of this interval is below that.
    const { promoted, reason } = judge(withServingDifference(interval(-0.05)));
    expect(promoted).toBe(false);
    expect(reason).toContain("more than 10 % below the serving release's 0.2100");
  });

  it('says so when it went by what users were shown, of which recall says nothing', () => {
    const { reason, checks } = judge({
      differences: [differenceFrom('serving', interval(-0.1), 'shown'), ...passing.differences.slice(1)],
    });
    expect(reason).toContain('NDCG@20 0.2000, on what was shown, is more than 10 % below');
    expect(checks.find(({ name }) => name.startsWith('recall@20'))?.outcome).toBe('unmeasured');
  });

  it('keeps a coarse limit over the whole catalogue where what was shown decides', () => {
    const judged = (overCatalogue: number) =>
      judge({
        differences: [
          differenceFrom('serving', interval(0), 'shown'),
          differenceFrom('serving', interval(overCatalogue)),
          ...passing.differences.slice(1),
        ],
      });
    // 40 % of 0.21 is about 0.08; the interval's hopeful end is 0.01 above its mean.
    expect(judged(-0.09).promoted).toBe(true);
    expect(judged(-0.1).reason).toBe(
      "NDCG@20 over the whole catalogue, 0.2000, is more than 40 % below the serving release's 0.2100",
    );
  });

  it('does not judge a head by a handful of positives', () => {
    const [head] = passing.heads;
    const rare = [{ ...head, positiveCount: 9, difference: { auc: interval(-0.1), logLoss: interval(0.3) } }];
    const { promoted, checks } = judge({ heads: rare });
    expect(promoted).toBe(true);
    expect(checks.filter(({ says }) => says === 'only 9 positives')).toHaveLength(2);
  });

  it('decides by the end of the interval that winnow.yaml names', () => {
    const evidence = withServingDifference(interval(-0.025, 0.02));
    const by = (decideBy: 'low' | 'mean' | 'high') =>
      judge(evidence, { serving: { recallDropMax: 'off', catalogueNdcgDropMax: 'off', decideBy } }).promoted;
    expect([by('high'), by('mean'), by('low')]).toEqual([true, false, false]);
  });

  it('refuses an index that does not find what the exact one finds, however few users there are', () => {
    expect(judge({ indexRecall: 0.8, userCount: 3 }).reason).toContain('index recall 0.800 is below 0.95');
  });

  it('refuses slates on a few items, heads that have forgotten how to tell, and a light ranker that cuts the best', () => {
    const narrow = recommendersWith({ coverage: 0.1, exposureSteps: [{ exposureShare: 0.5, itemCount: 4 }] });
    expect(failures(judge(narrow).checks)).toEqual([
      'coverage against the serving release',
      'items that make half of recommendations, against the serving release',
    ]);
    const [head] = passing.heads;
    const forgetful = [{ ...head, difference: { auc: interval(-0.1), logLoss: interval(0.3) } }];
    expect(failures(judge({ heads: forgetful }).checks)).toEqual([
      'AUC of buy against the serving release',
      'log loss of buy against the serving release',
    ]);
    const cutting = judge(
      { agreement: { candidate: 0.4, serving: 0.9 } },
      { agreement: { shareMin: 0.5, dropMax: 0.15 } },
    );
    expect(failures(cutting.checks)).toHaveLength(2);
  });

  it('refuses a better mean that one slice pays for, unless the slice is too small to tell', () => {
    const [slice] = passing.slices;
    const losing = { ...slice, difference: interval(-0.15) };
    expect(judge({ slices: [losing] }).reason).toContain('NDCG@20 of interactions before: 1 to 4');
    expect(judge({ slices: [{ ...losing, userCount: 5 }] }).promoted).toBe(true);
  });

  it('refuses a release that gives who likes one category less of it than others', () => {
    const probes = [{ ...passing.probes[0], measured: 0.4 }, ...passing.probes.slice(1)];
    expect(judge({ probes }).reason).toContain('who likes one category gets more of it: 0.400');
  });

  it('lists every reason at once', () => {
    const verdict = judge({ ...withServingDifference(interval(-0.1)), indexRecall: 0.5 });
    expect(verdict.reason.split('; ')).toHaveLength(2);
  });

  it('leaves out what is off, and shows that it is', () => {
    const { checks, promoted } = judge({ indexRecall: 0.1 }, { indexRecallDropMax: 'off' });
    expect(promoted).toBe(true);
    expect(checks[0]).toMatchObject({ name: 'index recall@500', outcome: 'off', measured: null });
  });

  it('does not judge by a handful of users, and says so of every condition', () => {
    const { promoted, reason, checks } = judge({ userCount: 3, ...withServingDifference(interval(-1)) });
    expect(promoted).toBe(true);
    expect(reason).toBe('only 3 users in the newest slice: promoted unmeasured');
    expect(checks.filter(({ says }) => says.startsWith('only 3 users')).length).toBeGreaterThan(8);
  });

  it('compares a first release with nothing, and shows that it has not', () => {
    const first: GateEvidence = {
      ...passing,
      servingRelease: null,
      recommenders: { ...passing.recommenders, serving: null },
      differences: passing.differences.slice(1),
      heads: [{ ...passing.heads[0], serving: null, difference: null }],
      agreement: { candidate: 0.9, serving: null },
      slices: [{ ...passing.slices[0], servingNdcg: null, difference: null }],
    };
    const { promoted, checks } = gate(first, settingsWith());
    expect(promoted).toBe(true);
    const why = checks.filter(({ outcome }) => outcome === 'unmeasured').map(({ says }) => says);
    expect(why.filter((says) => says === 'no release serves that it could be compared with')).toHaveLength(9);
  });

  it('refuses slates that cannot be scored, also when the evidence was written as JSON in between', () => {
    const broken = JSON.parse(
      JSON.stringify({ ...passing, ...recommendersWith({ ndcg: interval(NaN) }) }),
    ) as GateEvidence;
    expect(gate(broken, settingsWith()).reason).toContain('NDCG@20 is not a number');
  });
});
