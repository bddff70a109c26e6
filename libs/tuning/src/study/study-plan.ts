import { seededRandom } from '@winnow/domain';
import { budgetShare, promotedTrials } from '../halving/successive-halving';
import { randomSampler } from '../samplers/random-sampler';
import { SAMPLERS } from '../samplers/samplers-by-name';
import { pointOf, settingsAt } from '../search-space';
import type { Point, TrialSettings } from '../search-space';
import { leaderboard, outcomeOf } from './leaderboard';
import { evaluationKey } from './study';
import type { EvaluationRecord, EvaluationRequest, StudySettings } from './study';

/** Where a study stands: all that a plan needs to say what comes next. */
export interface StudyProgress {
  readonly records: readonly EvaluationRecord[];
  /** Keys of the evaluations under way. */
  readonly running: ReadonlySet<string>;
  /** Trials in all, the defaults included. */
  readonly trialCount: number;
}

/** What may begin now; `wait`: something under way has to end first. */
export type NextStep = EvaluationRequest | 'wait' | 'done';

/** Proposals in a row that may be like an earlier trial, or no valid configuration, before chance decides … */
const SAMPLER_DRAWS_MAX = 20;
/** … and before one is taken as it is. */
const DRAWS_MAX = 200;
/** Spreads neighbouring trial numbers over the random generator's states. */
const TRIAL_STRIDE = 0x9e3779b1;

/**
 * The plan of a study: the defaults first, with the full budget, then brackets of trials by successive halving, and in the
 * end the best and the defaults again with other seeds. What comes next follows from the settings and the records alone;
 * in which order records of evaluations side by side were written does not matter.
 */
export class StudyPlan {
  private readonly proposals = new Map<number, TrialSettings>();
  private readonly lastRung: number;

  constructor(
    private readonly study: StudySettings,
    /** Whether settings make a valid configuration; those that do not are drawn again. */
    private readonly accepts: (settings: TrialSettings) => boolean = () => true,
  ) {
    this.lastRung = study.halving.rungs - 1;
  }

  next(progress: StudyProgress): NextStep {
    const known = new Map(progress.records.map((record) => [evaluationKey(record), record]));
    const state: PlanState = { ...progress, known };
    const defaults = this.begun(this.request(0, this.lastRung, this.study.defaults), state);
    if (defaults !== null && defaults !== 'wait') return defaults;
    const { bracketTrials } = this.study.halving;
    for (let from = 1; from < progress.trialCount; from += bracketTrials) {
      // Later brackets learn from the defaults, too.
      if (from > 1 && defaults === 'wait') return 'wait';
      const step = this.inBracket(from, Math.min(from + bracketTrials, progress.trialCount), state);
      if (step !== null) return step;
    }
    return defaults ?? this.confirmation(state) ?? 'done';
  }

  /** Budgets of all evaluations of a study of so many trials, repeats included: what a progress bar counts to. */
  totalShare(trialCount: number): number {
    const { halving, confirmSeeds } = this.study;
    const { bracketTrials, factor, rungs } = halving;
    let total = 1 + 2 * confirmSeeds;
    for (let from = 1; from < trialCount; from += bracketTrials) {
      let size = Math.min(bracketTrials, trialCount - from);
      for (let rung = 0; rung < rungs; rung += 1, size = Math.max(1, Math.floor(size / factor)))
        total += size * budgetShare(halving, rung);
    }
    return total;
  }

  private inBracket(from: number, to: number, state: PlanState): NextStep | null {
    const { halving } = this.study;
    let members = Array.from({ length: to - from }, (_, index) => from + index);
    for (let rung = 0; rung < halving.rungs; rung += 1) {
      let waits = false;
      for (const trial of members) {
        if (rung === 0 && !this.visible(trial, state)) return 'wait';
        const settings = rung === 0 ? this.proposal(trial, from, state) : this.settingsOf(trial, state)!;
        const step = this.begun(this.request(trial, rung, settings), state);
        if (step === 'wait') waits = true;
        else if (step !== null) return step;
      }
      if (waits) return 'wait';
      members = [
        ...promotedTrials(
          halving,
          members.map((trial) => ({
            trial,
            objective: state.known.get(evaluationKey({ trial, rung, repeat: 0 }))!.objective,
          })),
        ),
      ];
    }
    return null;
  }

  /** Null when there is a record of it already, `wait` when it runs, else the request itself. */
  private begun(
    request: EvaluationRequest,
    { known, running }: PlanState,
  ): EvaluationRequest | 'wait' | null {
    const key = evaluationKey(request);
    if (known.has(key)) return null;
    return running.has(key) ? 'wait' : request;
  }

  /** Whether all trials that a proposal learns from have their first result. */
  private visible(trial: number, { known }: PlanState): boolean {
    const newest = trial - this.study.parallel;
    for (let earlier = 0; earlier <= newest; earlier += 1) {
      const rung = earlier === 0 ? this.lastRung : 0;
      if (!known.has(evaluationKey({ trial: earlier, rung, repeat: 0 }))) return false;
    }
    return true;
  }

  private proposal(trial: number, bracketFrom: number, state: PlanState): TrialSettings {
    const known = this.settingsOf(trial, state);
    if (known) return known;
    const { space, sampler, seed } = this.study;
    const random = seededRandom((seed ^ Math.imul(trial, TRIAL_STRIDE)) >>> 0);
    const ranked = leaderboard(this.visibleRecords(trial, bracketFrom, state));
    const points: readonly Point[] = ranked.map(({ settings }) => pointOf(space, settings));
    const earlier = new Set(
      Array.from({ length: trial }, (_, other) => JSON.stringify(this.settingsOf(other, state))),
    );
    let settings: TrialSettings = {};
    for (let draw = 0; draw < DRAWS_MAX; draw += 1) {
      const from = draw < SAMPLER_DRAWS_MAX ? SAMPLERS[sampler] : randomSampler;
      settings = settingsAt(space, from.propose(space, points, random));
      if (this.accepts(settings) && !earlier.has(JSON.stringify(settings))) break;
    }
    this.proposals.set(trial, settings);
    return settings;
  }

  /** Whatever earlier brackets found, and the first results of this one but for the newest `parallel - 1` trials. */
  private visibleRecords(trial: number, bracketFrom: number, { records }: PlanState): EvaluationRecord[] {
    const newest = trial - this.study.parallel;
    return records.filter(
      (record) =>
        record.repeat === 0 &&
        (record.trial < bracketFrom
          ? bracketFrom > 1 || record.trial <= newest
          : record.trial <= newest && record.rung === 0),
    );
  }

  /** Undefined while nothing was proposed. */
  private settingsOf(trial: number, { records }: PlanState): TrialSettings | undefined {
    if (trial === 0) return this.study.defaults;
    return this.proposals.get(trial) ?? records.find((record) => record.trial === trial)?.settings;
  }

  private confirmation(state: PlanState): NextStep | null {
    const outcome = outcomeOf(
      { confirmSeeds: 0 },
      state.records.filter(({ repeat }) => repeat === 0),
    );
    if (!outcome || !outcome.improves) return null;
    let waits = false;
    for (let repeat = 1; repeat <= this.study.confirmSeeds; repeat += 1)
      for (const { trial, settings } of [outcome.best, outcome.defaults]) {
        const step = this.begun(
          { ...this.request(trial, this.lastRung, settings), repeat, seed: this.study.seed + repeat },
          state,
        );
        if (step === 'wait') waits = true;
        else if (step !== null) return step;
      }
    return waits ? 'wait' : null;
  }

  private request(trial: number, rung: number, settings: TrialSettings): EvaluationRequest {
    const { halving, seed } = this.study;
    return { trial, rung, repeat: 0, share: budgetShare(halving, rung), seed, settings };
  }
}

interface PlanState extends StudyProgress {
  readonly known: ReadonlyMap<string, EvaluationRecord>;
}
