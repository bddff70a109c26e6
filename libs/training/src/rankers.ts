import type { Description } from '@winnow/domain';
import type { FeatureSet, ItemTable } from '@winnow/features';
import {
  heavyValueScores,
  learntMix,
  lightAgreement,
  trainHeavyRanker,
  trainLightRanker,
  ValueModel,
} from '@winnow/models';
import type {
  HeavyRanker,
  HeavyRankerSources,
  LightRanker,
  RankingExamples,
  TrainingProgress,
  TrainingReport,
} from '@winnow/models';
import { towerSources } from './towers';

export interface RankerTrainingOptions {
  readonly description: Description;
  readonly items: ItemTable;
  readonly featureSet: FeatureSet;
  readonly examples: RankingExamples;
  readonly seed: number;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export function trainHeavy(
  options: RankerTrainingOptions,
): Promise<{ model: HeavyRanker; report: TrainingReport }> {
  const { description, items, featureSet, examples, seed, onProgress } = options;
  const { ranker, heavyRanker, historyCountMax } = description.training;
  const { retrievedPerShown } = ranker;
  return trainHeavyRanker({
    ...heavyRanker,
    headLosses: description.objectives.map(({ loss = 'log-loss' }) => loss),
    examples: learntMix(examples, { seed, retrievedPerShown }),
    calibrationExamples: examples,
    sources: heavySources(description, featureSet, items),
    eventTypeCount: description.events.length,
    historyCountMax,
    seed,
    epochsMax: ranker.epochsMax,
    learningRate: ranker.learningRate,
    onProgress,
  });
}

export interface LightTrainingOptions extends RankerTrainingOptions {
  readonly heavy: HeavyRanker;
}

/** Distils the heavy ranker, and says how much of its top survives the light one. */
export async function trainLight(
  options: LightTrainingOptions,
): Promise<{ model: LightRanker; report: TrainingReport; agreement: number }> {
  const { description, examples, heavy, seed, onProgress } = options;
  const { ranker } = description.training;
  const { retrievedPerShown } = ranker;
  const teacherScores = await heavyValueScores(heavy, examples);
  const learnt = learntMix(examples, { seed, retrievedPerShown });
  const { model, report } = await trainLightRanker({
    examples: learnt,
    teacherScores: learnt === examples ? teacherScores : await heavyValueScores(heavy, learnt),
    valueModel: new ValueModel(description.objectives),
    seed,
    epochsMax: ranker.epochsMax,
    learningRate: ranker.learningRate,
    onProgress,
  });
  return { model, report, agreement: await lightAgreement(examples, teacherScores, model) };
}

/** What a heavy ranker reads of the catalogue and of a query, and how its heads become one score. */
export const heavySources = (
  description: Description,
  featureSet: FeatureSet,
  items: ItemTable,
): HeavyRankerSources => ({
  ...towerSources(featureSet, items),
  valueModel: new ValueModel(description.objectives),
});
