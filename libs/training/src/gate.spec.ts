import { describe, expect, it } from 'vitest';
import { gate } from './gate';
import type { GateInput } from './gate';

const passing: GateInput = {
  retraining: { cron: '0 3 * * *', windowDays: 0, ndcgDropMax: 0.1 },
  userCount: 200,
  candidate: { ndcgAt20: 0.2, recallAt20: 0.3 },
  popular: { ndcgAt20: 0.1, recallAt20: 0.2 },
  serving: { ndcgAt20: 0.21, recallAt20: 0.3 },
  indexRecall: 0.97,
  indexRecallMin: 0.95,
};

describe('the gate', () => {
  it('promotes a release that beats the popular list and is about as good as the serving one', () => {
    expect(gate(passing)).toMatchObject({
      promoted: true,
      reason: 'NDCG@20 0.2000 over 200 users (popular 0.1000, serving release 0.2100)',
    });
  });

  it('refuses a release that loses to the popular list', () => {
    const verdict = gate({ ...passing, popular: { ndcgAt20: 0.25, recallAt20: 0.4 } });
    expect(verdict.promoted).toBe(false);
    expect(verdict.reason).toContain("does not beat the popular list's 0.2500");
  });

  it('refuses a release that is much worse than the serving one, and says by how much', () => {
    const verdict = gate({ ...passing, serving: { ndcgAt20: 0.3, recallAt20: 0.4 } });
    expect(verdict.promoted).toBe(false);
    expect(verdict.reason).toContain('more than 10 % below');
  });

  it('refuses an index that does not find what the exact one finds', () => {
    expect(gate({ ...passing, indexRecall: 0.8 }).reason).toContain('index recall 0.800 is below 0.95');
  });

  it('lists every reason at once', () => {
    const verdict = gate({ ...passing, indexRecall: 0.5, popular: { ndcgAt20: 0.9, recallAt20: 0.9 } });
    expect(verdict.reason.split('; ')).toHaveLength(2);
  });

  it('does not judge by a handful of users', () => {
    const verdict = gate({ ...passing, userCount: 3, candidate: { ndcgAt20: 0, recallAt20: 0 } });
    expect(verdict.promoted).toBe(true);
    expect(verdict.reason).toContain('only 3 users');
  });

  it('says of every condition what was measured and what was required', () => {
    const { checks } = gate({ ...passing, candidate: { ndcgAt20: 0.1, recallAt20: 0.2 } });
    expect(checks.map(({ measured, required, passed }) => [measured, required, passed])).toEqual([
      [0.97, expect.closeTo(0.93, 9), true],
      [0.1, 0.1, false],
      [0.1, expect.closeTo(0.189, 9), false],
    ]);
    expect(gate({ ...passing, userCount: 3 }).checks).toHaveLength(1);
  });
});
