import {
  blendScorer,
  decayedPopularity,
  EASE_VOCABULARY_MAX,
  fitEase,
  fitImplicitAls,
} from '@winnow/collaborative';
import type { Ease, ScoringQuery, VocabularyScorer } from '@winnow/collaborative';
import { breathe, chooseSettings, validationNdcg } from '../choose-settings';
import type { ChosenSettings } from '../choose-settings';
import type { LearningWindow, ModelContext, RankingModel, ValidationWindow } from '../ranking-model';
import { HALF_LIVES_DAYS } from './popularity-models';
import { learningInput, scorerModel, trainedScorer } from './scorer-model';

const REGULARISATIONS = [200, 500, 1_000];
const HISTORY_DECAYS = [1, 0.98, 0.95, 0.9, 0.8];
const PERSONAL_WEIGHTS = [1, 2, 3, 5, 8, 12];
/** Beyond a week everybody's taste is the all-time list again. */
const BLEND_HALF_LIVES_DAYS = HALF_LIVES_DAYS.filter((days) => days <= 7);

const ALS_SWEEPS = 8;

/** Too many items for one dense inversion. */
const easeRefusal = ({ vocabulary }: LearningWindow): string | null =>
  vocabulary.length <= EASE_VOCABULARY_MAX
    ? null
    : `EASE inverts at most ${EASE_VOCABULARY_MAX} items, here are ${vocabulary.length}`;

interface EaseChoice {
  readonly regularisation: number;
  /** Fitted on the validation window's past. */
  readonly ease: Ease;
}

/** Chooses EASE's regularisation once a window, for the model itself and for the blend on top of it. */
class EaseChooser {
  private readonly choices = new WeakMap<ValidationWindow, Promise<EaseChoice>>();

  choose(window: ValidationWindow, context: ModelContext): Promise<EaseChoice> {
    const made = this.choices.get(window) ?? this.search(window, context);
    this.choices.set(window, made);
    return made;
  }

  private async search(window: ValidationWindow, context: ModelContext): Promise<EaseChoice> {
    let best: (EaseChoice & { ndcg: number }) | null = null;
    for (const [index, regularisation] of REGULARISATIONS.entries()) {
      await breathe(context);
      context.onProgress?.(`regularisation ${regularisation}`, index / REGULARISATIONS.length);
      const ease = fitEase(learningInput(window), { regularisation });
      const ndcg = validationNdcg(ease.scorer(), window);
      if (best === null || ndcg > best.ndcg) best = { regularisation, ease, ndcg };
    }
    return best!;
  }
}

/** Linear models of who had what. */
export function factorisationModels(): readonly RankingModel[] {
  const chooser = new EaseChooser();
  return [easeModel(chooser), implicitAlsModel, blendModel(chooser)];
}

const easeModel = (chooser: EaseChooser): RankingModel => ({
  kind: 'ranking',
  name: 'ease',
  title: 'EASE',
  deterministic: true,
  refusal: easeRefusal,
  async choose(window, context) {
    const { regularisation } = await chooser.choose(window, context);
    return {
      settings: { regularisation },
      async train(learning, training) {
        await breathe(training);
        return trainedScorer(fitEase(learningInput(learning), { regularisation }).scorer(), learning);
      },
    };
  },
});

const implicitAlsModel: RankingModel = scorerModel({
  name: 'ials',
  title: 'iALS, d 64',
  deterministic: false,
  passCount: ALS_SWEEPS,
  grid: [
    { dimension: 64, unobservedWeight: 0.2, regularisation: 0.01 },
    { dimension: 64, unobservedWeight: 1, regularisation: 0.003 },
  ],
  fit: (window, settings, { seed, onProgress }) =>
    fitImplicitAls(learningInput(window), {
      ...settings,
      seed,
      sweepCount: ALS_SWEEPS,
      onSweep: (done) => onProgress?.(`sweep ${done} of ${ALS_SWEEPS}`, done / ALS_SWEEPS),
    }),
});

interface BlendSettings {
  readonly halfLifeDays: number;
  readonly weight: number;
  readonly historyDecay: number;
}

const blend = (
  window: LearningWindow,
  personal: VocabularyScorer,
  settings: BlendSettings,
): VocabularyScorer =>
  blendScorer({
    popularity: decayedPopularity(learningInput(window), { nowMs: window.startMs, ...settings }),
    personal,
    weight: settings.weight,
  });

/** Asks once per query, and answers the same query object with the same scores from then on. */
function remembering(scorer: VocabularyScorer): VocabularyScorer {
  const known = new WeakMap<ScoringQuery, Float64Array>();
  return {
    score(query) {
      const scores = known.get(query) ?? scorer.score(query).slice();
      known.set(query, scores);
      return scores;
    },
  };
}

/** The best of all combinations. What a history says depends on its decay alone, so it is asked once for each. */
async function chooseBlend(
  window: ValidationWindow,
  ease: Ease,
  context: ModelContext,
): Promise<BlendSettings> {
  let best: ChosenSettings<BlendSettings> | null = null;
  for (const [index, historyDecay] of HISTORY_DECAYS.entries()) {
    const personal = remembering(ease.scorer(historyDecay));
    const choice = await chooseSettings({
      window,
      grid: BLEND_HALF_LIVES_DAYS.flatMap((halfLifeDays) =>
        PERSONAL_WEIGHTS.map((weight) => ({ halfLifeDays, weight, historyDecay })),
      ),
      context: {
        ...context,
        onProgress: (_note, fraction) =>
          context.onProgress?.(`history decay ${historyDecay}`, (index + fraction) / HISTORY_DECAYS.length),
      },
      fit: (settings) => blend(window, personal, settings),
    });
    if (best === null || choice.ndcg > best.ndcg) best = choice;
  }
  return best!.settings;
}

const blendModel = (chooser: EaseChooser): RankingModel => ({
  kind: 'ranking',
  name: 'blend',
  title: 'blend: log decayed popularity + w · EASE',
  deterministic: true,
  refusal: easeRefusal,
  async choose(window, context) {
    const { regularisation, ease } = await chooser.choose(window, context);
    const settings = await chooseBlend(window, ease, context);
    return {
      settings: { ...settings, regularisation },
      async train(learning, training) {
        await breathe(training);
        const refitted = fitEase(learningInput(learning), { regularisation });
        return trainedScorer(blend(learning, refitted.scorer(settings.historyDecay), settings), learning);
      },
    };
  },
});
