import { describe, expect, it } from 'vitest';
import { promotedTrials } from '../halving/successive-halving';
import { leaderboard, outcomeOf } from './leaderboard';
import { evaluationKey } from './study';
import type { EvaluationRecord, EvaluationRequest, StudySettings } from './study';
import { StudyPlan } from './study-plan';

const STUDY: StudySettings = {
  formatVersion: 1,
  data: 'films',
  untilMs: null,
  stage: 'two-tower',
  seed: 11,
  sampler: 'tpe',
  parallel: 1,
  halving: { factor: 3, rungs: 2, bracketTrials: 9 },
  space: [
    { kind: 'number', path: 'rate', low: 0.001, high: 1, scale: 'log', whole: false },
    { kind: 'choice', path: 'kind', choices: ['a', 'b', 'c'] },
  ],
  defaults: { rate: 0.9, kind: 'a' },
  confirmSeeds: 2,
};

/** More budget and a rate near 0.05 are better. */
const objectiveOf = ({ settings, share, repeat }: EvaluationRequest): number =>
  1 - Math.abs(Math.log10((settings['rate'] as number) / 0.05)) / 3 + 0.1 * share + 0.001 * repeat;

const recordOf = (
  request: EvaluationRequest,
  objective: number | null = objectiveOf(request),
): EvaluationRecord => ({
  ...request,
  objective,
  metrics: {},
  startedAtMs: 0,
  durationMs: 1,
});

interface RunOptions {
  readonly study?: StudySettings;
  readonly trialCount?: number;
  readonly records?: readonly EvaluationRecord[];
  /** Stops after so many evaluations. */
  readonly stopAfter?: number;
  /** Which of those under way ends next. */
  readonly pick?: (running: readonly EvaluationRequest[]) => number;
}

/** Runs a study with as many evaluations side by side as it allows. */
function run({
  study = STUDY,
  trialCount = 20,
  records = [],
  stopAfter = Infinity,
  pick = () => 0,
}: RunOptions = {}) {
  const plan = new StudyPlan(study);
  const done = [...records];
  const running: EvaluationRequest[] = [];
  const started: EvaluationRequest[] = [];
  while (done.length - records.length < stopAfter) {
    const step =
      running.length < study.parallel
        ? plan.next({ records: done, running: new Set(running.map(evaluationKey)), trialCount })
        : 'wait';
    if (step === 'done' && running.length === 0) break;
    if (typeof step === 'object') {
      running.push(step);
      started.push(step);
    } else done.push(recordOf(running.splice(pick(running), 1)[0]));
  }
  return { records: done, started };
}

const proposalsOf = (records: readonly EvaluationRecord[]): string[] =>
  records
    .filter(({ rung, trial }) => rung === 0 && trial > 0)
    .toSorted((left, right) => left.trial - right.trial)
    .map(({ settings }) => JSON.stringify(settings));

describe('the plan of a study', () => {
  it('measures the defaults first and with the full budget, then brackets, then the best and the defaults again', () => {
    const { records } = run();
    expect(records[0]).toMatchObject({ trial: 0, share: 1, settings: STUDY.defaults });
    expect(records.slice(1, 10).map(({ trial, share }) => [trial, share])).toEqual(
      Array.from({ length: 9 }, (_, index) => [index + 1, 1 / 3]),
    );
    expect(records.slice(10, 13).every(({ share }) => share === 1)).toBe(true);
    const best = leaderboard(records)[0].trial;
    expect(records.slice(-4).map(({ trial, repeat, seed }) => [trial, repeat, seed])).toEqual([
      [best, 1, 12],
      [0, 1, 12],
      [best, 2, 13],
      [0, 2, 13],
    ]);
    const shares = records.reduce((sum, { share }) => sum + share, 0);
    expect(new StudyPlan(STUDY).totalShare(20)).toBeCloseTo(shares, 9);
  });

  it('lets the best third of a bracket go on, and nobody else', () => {
    const { records } = run();
    const bracket = records.filter(({ trial, rung }) => trial >= 1 && trial <= 9 && rung === 0);
    const best = bracket.toSorted((left, right) => right.objective! - left.objective!).slice(0, 3);
    const further = records.filter(
      ({ trial, rung, repeat }) => trial >= 1 && trial <= 9 && rung === 1 && repeat === 0,
    );
    expect(further.map(({ trial }) => trial)).toEqual(best.map(({ trial }) => trial));
  });

  it.each([1, 4, 10, 11, 13, 17, 22])(
    'goes on after a kill at evaluation %i as if nothing had happened',
    (stopAfter) => {
      const whole = run().records;
      const { records } = run({ records: run({ stopAfter }).records });
      expect(records).toEqual(whole);
    },
  );

  it('proposes the same whatever ends first of what runs side by side', () => {
    const study = { ...STUDY, parallel: 3 };
    const first = run({ study });
    const last = run({ study, pick: (running) => running.length - 1 });
    expect(last.records).not.toEqual(first.records);
    expect(proposalsOf(last.records)).toEqual(proposalsOf(first.records));
    const cut = run({ study, stopAfter: 8, pick: (running) => running.length - 1 });
    expect(proposalsOf(run({ study, records: cut.records }).records)).toEqual(proposalsOf(first.records));
  });

  it('proposes nothing twice and nothing that is refused', () => {
    const study: StudySettings = {
      ...STUDY,
      space: [{ kind: 'choice', path: 'kind', choices: [...'abcdefghijkl'] }],
      defaults: { kind: 'a' },
    };
    const plan = new StudyPlan(study, ({ kind }) => kind !== 'b');
    const records: EvaluationRecord[] = [];
    for (;;) {
      const step = plan.next({ records, running: new Set(), trialCount: 11 });
      if (typeof step === 'string') break;
      records.push(recordOf(step, 0.5));
    }
    const kinds = leaderboard(records).map(({ settings }) => settings['kind']);
    expect(kinds.toSorted()).toEqual([...'acdefghijkl']);
  });

  it('takes more trials later on', () => {
    const short = run({ trialCount: 10 }).records;
    const longer = run({ trialCount: 19, records: short }).records;
    expect(proposalsOf(longer)).toEqual(proposalsOf(run({ trialCount: 19 }).records));
  });
});

describe('successive halving', () => {
  it('takes no failed trial along, and the earlier of two equals', () => {
    const settings = { factor: 2, rungs: 2, bracketTrials: 4 };
    const results = [
      { trial: 1, objective: null },
      { trial: 2, objective: 0.5 },
      { trial: 3, objective: 0.7 },
      { trial: 4, objective: 0.5 },
    ];
    expect(promotedTrials(settings, results)).toEqual([3, 2]);
    expect(promotedTrials(settings, results.slice(0, 1))).toEqual([]);
  });
});

describe('the outcome of a study', () => {
  it('is an improvement only if the mean over seeds is one', () => {
    const request: EvaluationRequest = { trial: 0, rung: 1, repeat: 0, share: 1, seed: 1, settings: {} };
    const records = [
      recordOf(request, 0.5),
      recordOf({ ...request, trial: 3 }, 0.6),
      recordOf({ ...request, trial: 3, repeat: 1 }, 0.3),
      recordOf({ ...request, repeat: 1 }, 0.5),
    ];
    expect(outcomeOf({ confirmSeeds: 0 }, records)?.improves).toBe(true);
    const confirmed = outcomeOf({ confirmSeeds: 1 }, records);
    expect(confirmed?.improves).toBe(false);
    expect(confirmed?.confirmed.best).toBeCloseTo(0.45, 12);
    expect(confirmed?.confirmed).toMatchObject({ defaults: 0.5, seedCount: 2 });
    expect(outcomeOf({ confirmSeeds: 0 }, records.slice(1, 2))).toBeNull();
  });
});
