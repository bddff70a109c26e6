import { rankingAuc, rankVocabulary } from '@winnow/evaluation';
import type { EvaluationCase } from '@winnow/evaluation';
import { breathe } from './choose-settings';
import type { LearningWindow, ListAnswer, ModelContext, ScoreAnswer } from './ranking-model';

/** Cases asked for at once: enough to fill a matrix product, few enough that scores of a large vocabulary fit. */
const CASES_AT_ONCE = 128;

export interface CaseAnswers {
  /** One per case, best first. */
  readonly rankings: readonly Uint32Array[];
  /** [cases] NaN where nothing relevant is in the vocabulary; null when the model gives no scores. */
  readonly aucs: Float64Array | null;
}

/** Asks a trained model for every case: its history is left out of the list, whatever the model says. */
export async function answerCases(options: {
  readonly answer: ScoreAnswer | ListAnswer;
  readonly cases: readonly EvaluationCase[];
  readonly window: LearningWindow;
  readonly k: number;
  readonly context: Pick<ModelContext, 'signal' | 'onProgress'>;
}): Promise<CaseAnswers> {
  const { answer, cases, window, k, context } = options;
  const rankings: Uint32Array[] = [];
  const aucs = answer.kind === 'scores' ? new Float64Array(cases.length) : null;
  const positions = new Map(Array.from(window.vocabulary, (ordinal, position) => [ordinal, position]));
  const positionsOf = (ordinals: Iterable<number>): number[] =>
    [...ordinals].flatMap((ordinal) => positions.get(ordinal) ?? []);
  for (let from = 0; from < cases.length; from += CASES_AT_ONCE) {
    await breathe(context);
    context.onProgress?.(`asked for ${from} of ${cases.length}`, from / cases.length);
    const batch = cases.slice(from, from + CASES_AT_ONCE);
    // What is relevant stays here.
    const queries = batch.map(({ user, history, historyTimesMs }) => ({ user, history, historyTimesMs }));
    if (answer.kind === 'lists') {
      rankings.push(...(await answer.list(queries, k)));
      continue;
    }
    const matrix = await answer.score(queries);
    const width = window.vocabulary.length;
    batch.forEach((one, index) => {
      const scores = matrix.subarray(index * width, (index + 1) * width);
      const excluded = new Set(one.history);
      const { vocabulary } = window;
      rankings.push(rankVocabulary({ vocabulary, scores, excluded, count: k }));
      for (const ordinal of one.relevant) excluded.delete(ordinal);
      const [relevant, absent] = [positionsOf(one.relevant), positionsOf(excluded)];
      aucs![from + index] = rankingAuc({ scores, relevant, excluded: absent });
    });
  }
  return { rankings, aucs };
}
