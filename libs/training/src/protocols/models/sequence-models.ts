import { trainSequenceScorer } from '@winnow/models';
import type { EncoderKind, NextItemCases } from '@winnow/models';
import { trainingNote } from '../../training-note';
import type {
  LearningWindow,
  ModelContext,
  RankingModel,
  TrainedRankingModel,
  ValidationWindow,
} from '../ranking-model';

const TITLES: Readonly<Record<EncoderKind, string>> = {
  'mean-pool': 'mean of the history',
  'set-pool': 'set of the history',
  'attention-pool': 'attention over the history',
  gru: 'GRU',
  transformer: 'causal transformer',
};

/** Two-tower models that learn from whole sequences, one for each encoder of the history. */
export const sequenceModels = (): readonly RankingModel[] =>
  (Object.keys(TITLES) as EncoderKind[]).map((encoder) => ({
    kind: 'ranking',
    name: encoder,
    title: `two-tower, ${TITLES[encoder]}`,
    deterministic: false,
    needsBackend: true,
    choose: async (valid) => ({
      settings: { encoder },
      train: (window, context) => train({ encoder, valid, window, context }),
    }),
  }));

async function train(options: {
  readonly encoder: EncoderKind;
  readonly valid: ValidationWindow;
  readonly window: LearningWindow;
  readonly context: ModelContext;
}): Promise<TrainedRankingModel> {
  const { encoder, valid, window, context } = options;
  const { seed, signal, onProgress } = context;
  const { scorer, report } = await trainSequenceScorer({
    encoder,
    past: window.matrix,
    vocabulary: window.vocabulary,
    // Where the window learns no more than the validation one did, its answers may pick the epoch.
    validation: window.matrix === valid.matrix ? nextItems(valid) : undefined,
    seed,
    signal,
    onProgress: (state) => {
      const { fraction, note } = trainingNote(state);
      onProgress?.(note, fraction);
    },
  });
  return {
    exampleCount: report.exampleCount,
    learningCurves: [{ part: encoder, losses: report.losses, validation: report.validation }],
    answer: {
      kind: 'scores',
      score: (queries) => scorer.scores(queries.map(({ history }) => history)),
    },
  };
}

const nextItems = ({ cases }: ValidationWindow): NextItemCases => ({
  histories: cases.map(({ history }) => history),
  targets: Uint32Array.from(cases, ({ relevant }) => relevant[0]),
});
