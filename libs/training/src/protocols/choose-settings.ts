import type { ScoringQuery, VocabularyScorer } from '@winnow/collaborative';
import { meanOf, ndcgAtK, rankVocabulary } from '@winnow/evaluation';
import type { EvaluationCase } from '@winnow/evaluation';
import type { ModelContext, ValidationWindow } from './ranking-model';

/** More cases than this make a choice no surer, only later. */
const CASE_COUNT_MAX = 2_000;

/** Cases at even distances, so that no part of the users is left out. */
function evenly(cases: readonly EvaluationCase[]): readonly EvaluationCase[] {
  if (cases.length <= CASE_COUNT_MAX) return cases;
  return Array.from(
    { length: CASE_COUNT_MAX },
    (_, index) => cases[Math.floor((index * cases.length) / CASE_COUNT_MAX)],
  );
}

/** Mean NDCG@k of a scorer on (at most 2,000 of) the validation cases. */
export function validationNdcg(scorer: VocabularyScorer, window: ValidationWindow): number {
  const values = evenly(window.cases).map((one) => {
    const query: ScoringQuery = one;
    const ranking = rankVocabulary({
      vocabulary: window.vocabulary,
      scores: scorer.score(query),
      excluded: new Set(one.history),
      count: window.k,
    });
    return ndcgAtK(ranking, new Set(one.relevant), window.k);
  });
  return meanOf(values);
}

export interface SettingsChoice<S> {
  readonly window: ValidationWindow;
  /** Tried in order; the first of equals wins. */
  readonly grid: readonly S[];
  readonly context: ModelContext;
  fit(settings: S): VocabularyScorer;
}

export interface ChosenSettings<S> {
  readonly settings: S;
  /** On the validation cases; NaN for a single candidate, which is taken untried. */
  readonly ndcg: number;
}

/** The settings whose scorer ranks the validation cases best. */
export async function chooseSettings<S>({
  window,
  grid,
  context,
  fit,
}: SettingsChoice<S>): Promise<ChosenSettings<S>> {
  if (grid.length === 1) return { settings: grid[0], ndcg: NaN };
  let best: ChosenSettings<S> | null = null;
  for (const [index, settings] of grid.entries()) {
    await breathe(context);
    context.onProgress?.(`settings ${index + 1} of ${grid.length}`, index / grid.length);
    const ndcg = validationNdcg(fit(settings), window);
    if (best === null || ndcg > best.ndcg) best = { settings, ndcg };
  }
  if (best === null) throw new RangeError('there is nothing to choose from');
  return best;
}

/** Lets signals and timers in between two stretches of counting; throws when the work is no longer wanted. */
export async function breathe({ signal }: Pick<ModelContext, 'signal'>): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
