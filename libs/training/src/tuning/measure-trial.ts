import { evaluateRankings } from '@winnow/evaluation';
import type { TuningStage } from '@winnow/tuning';
import { answerCases } from '../protocols/answer-cases';
import { networkModels } from '../protocols/models/network-models';
import type { NetworkModelSources } from '../protocols/models/network-models';
import type { ModelContext } from '../protocols/ranking-model';
import { globalTimeTask } from '../protocols/tasks/global-time-task';
import { withBudget } from './trial-budget';

export interface TrialOptions {
  /** What the trial's settings make of winnow.yaml; the rest is the same for all trials of a study. */
  readonly sources: NetworkModelSources;
  readonly stage: TuningStage;
  /** Of the full budget. */
  readonly share: number;
  readonly context: ModelContext;
}

/** What a trial is worth on the validation window. */
export interface TrialFigures {
  /** NDCG@20: what settings are chosen by. */
  readonly objective: number;
  readonly metrics: Readonly<Record<string, number>>;
}

const NO_SLICES = { userSlices: [], itemSlices: [] };
/** Of the time, the part that training takes, about. */
const TRAINING_SHARE = 0.9;

/**
 * Trains on the first 80 % of the events and asks about the next 10 %, as the `gt` protocol of an evaluation does where it
 * chooses settings. The last 10 % stay unseen: they are what an evaluation reports on.
 */
export async function measureTrial({ sources, stage, share, context }: TrialOptions): Promise<TrialFigures> {
  const { valid } = globalTimeTask(sources.frame.events, NO_SLICES);
  const description = withBudget(sources.description, { stage, share });
  const name = stage === 'two-tower' ? 'two-tower' : 'funnel';
  const model = networkModels({ ...sources, description }).find((one) => one.name === name)!;
  const within = (from: number, to: number): ModelContext => ({
    ...context,
    onProgress: (note, fraction) => context.onProgress?.(note, from + (to - from) * fraction),
  });
  const chosen = await model.choose(valid, context);
  const trained = await chosen.train(valid, within(0, TRAINING_SHARE));
  const { rankings } = await answerCases({
    ...{ answer: trained.answer, cases: valid.cases, window: valid, k: valid.k },
    context: within(TRAINING_SHARE, 1),
  });
  const report = evaluateRankings({
    rankings,
    relevant: valid.cases.map(({ relevant }) => relevant),
    ks: [valid.k],
  });
  const { ndcg, recall, hitRate } = report.at[valid.k];
  return {
    objective: ndcg.mean,
    metrics: { ndcgLow: ndcg.low, ndcgHigh: ndcg.high, recall: recall.mean, hitRate: hitRate.mean },
  };
}
