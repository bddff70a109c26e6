import type { Description } from '@winnow/domain';
import { FeatureSet } from '@winnow/features';
import type { ItemCounters, ItemTable } from '@winnow/features';
import type { TrainingProgress, TrainingReport } from '@winnow/models';
import { makeRankingExamples } from './example-stage';
import { frameUpTo, splitIndex } from './frame';
import type { RunFrame } from './frame';
import { buildItemRelations } from './item-relations';
import { KeptStages } from './kept-stages';
import { offlineEngines } from './offline-engines';
import type { OfflineModels } from './offline-funnel';
import type { ExactIndexOf, RunFolder } from './ports';
import { trainHeavy, trainLight } from './rankers';
import { encodeCatalogue, trainTower } from './towers';
import { trainingNote } from './training-note';

export interface TrainModelsOptions {
  readonly description: Description;
  readonly items: ItemTable;
  /** All that the models may learn from. */
  readonly frame: RunFrame;
  readonly exactIndexOf: ExactIndexOf;
  readonly seed: number;
  /** Keeps towers and examples for later trainings on the same data that differ only in what comes after them. */
  readonly kept?: RunFolder;
  readonly onProgress?: (note: string, fraction: number) => void;
  readonly signal?: AbortSignal;
}

export interface TrainedModels {
  /** The models as engines, with counters as of a moment that the caller chooses. */
  engines(counters: ItemCounters): OfflineModels;
  /** Of what was trained now, and not earlier. */
  readonly reports: Readonly<Record<string, TrainingReport>>;
  readonly lightHeavyAgreement: number;
}

/** Where each stage begins and ends within the whole, about. */
const SHARES = {
  base: [0, 0.4],
  examples: [0.4, 0.6],
  heavy: [0.6, 0.85],
  light: [0.85, 0.9],
  final: [0.9, 1],
} as const;

/** The training of one release, in memory: the same stages as the retraining flow's steps, for evaluation. */
export async function trainModels(options: TrainModelsOptions): Promise<TrainedModels> {
  const { description, items, frame, exactIndexOf, seed, signal, onProgress } = options;
  const within = (stage: keyof typeof SHARES) => (fraction: number, note: string) =>
    onProgress?.(`${stage}: ${note}`, SHARES[stage][0] + (SHARES[stage][1] - SHARES[stage][0]) * fraction);
  const following = (stage: keyof typeof SHARES) => (state: TrainingProgress) => {
    const { fraction, note } = trainingNote(state);
    within(stage)(fraction, note);
  };
  const featureSet = FeatureSet.compile(description, items);
  const rankerIndex = splitIndex(frame.events.timesMs, description.training.ranker.windowShare);
  const shared = { description, items, featureSet, seed };

  const kept = new KeptStages({ ...shared, frame, folder: options.kept ?? null });
  const base = await kept.tower('base', () =>
    trainTower({ ...shared, frame: frameUpTo(frame, rankerIndex), onProgress: following('base') }),
  );
  const examples = await kept.examples(async () =>
    makeRankingExamples({
      ...shared,
      frame,
      rankerIndex,
      baseTower: base.model,
      baseVectors: await encodeCatalogue(base.model, items),
      exactIndexOf,
      signal,
      onProgress: within('examples'),
    }),
  );
  const heavy = await trainHeavy({ ...shared, examples, onProgress: following('heavy') });
  const light = await trainLight({ ...shared, examples, heavy: heavy.model, onProgress: following('light') });
  const { model: tower } = await kept.tower('final', () =>
    trainTower({ ...shared, frame, from: base.model, onProgress: following('final') }),
  );
  const vectors = await encodeCatalogue(tower, items);
  const relations = await buildItemRelations(frame, description);
  return {
    engines: (counters) =>
      offlineEngines({
        ...{ description, items, featureSet, counters, relations, tower, vectors, exactIndexOf },
        heavy: heavy.model,
        light: light.model,
      }),
    reports: {
      ...(base.report && { 'two-tower': base.report }),
      'heavy-ranker': heavy.report,
      'light-ranker': light.report,
    },
    lightHeavyAgreement: light.agreement,
  };
}
