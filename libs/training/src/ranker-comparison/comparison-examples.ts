import type { Description } from '@winnow/domain';
import { globalTimeSplit } from '@winnow/evaluation';
import { FeatureSet } from '@winnow/features';
import type { ItemTable } from '@winnow/features';
import { TwoTower } from '@winnow/models';
import type { RankingExamples } from '@winnow/models';
import { makeRankingExamples } from '../example-stage';
import { examplesFromTensors, examplesToTensors } from '../examples-file';
import { frameUpTo, splitIndex } from '../frame';
import type { RunFrame } from '../frame';
import type { ExactIndexOf, RunFolder } from '../ports';
import { encodeCatalogue, towerSources, trainTower } from '../towers';
import { trainingNote } from '../training-note';

export interface ComparisonOptions {
  readonly description: Description;
  readonly items: ItemTable;
  /** Everything, oldest first. */
  readonly frame: RunFrame;
  readonly exactIndexOf: ExactIndexOf;
  readonly seed: number;
  /** Keeps what is made, so that a comparison that was cut off goes on where it was. */
  readonly run: RunFolder;
  readonly onProgress?: (note: string, fraction: number) => void;
}

/** What every heavy ranker of a comparison learns from and is asked, the same for all. */
export interface ComparisonExamples {
  readonly featureSet: FeatureSet;
  /** From the newest moments before the test window, as training makes them. */
  readonly learn: RankingExamples;
  /** From moments in the test window: all candidates that retrieval brought, whether any was taken or not. */
  readonly ask: RankingExamples;
}

/** More make the figures no surer, only later. */
const ASKED_QUERIES_MAX = 1_000;
const EVERY_CANDIDATE = 100_000;

const FILES = {
  base: 'base-tower.safetensors',
  tower: 'tower.safetensors',
  learn: 'learn.safetensors',
  ask: 'ask.safetensors',
} as const;

/**
 * The examples of a comparison under the global-time split: towers and rankers learn from the first 90 % of the events, and
 * are asked about moments in the last 10 %, each as of its own time. Finished parts are read from the run's folder.
 */
export async function comparisonExamples(options: ComparisonOptions): Promise<ComparisonExamples> {
  const { description, items, frame, run, onProgress } = options;
  const featureSet = FeatureSet.compile(description, items);
  const testIndex = globalTimeSplit(frame.events).test.past.users.length;
  const past = frameUpTo(frame, testIndex);
  const rankerIndex = splitIndex(past.events.timesMs, description.training.ranker.windowShare);
  const shared = { ...options, featureSet, frame: past };

  const examplesOf = async (
    file: string,
    make: () => ReturnType<typeof makeRankingExamples>,
  ): Promise<RankingExamples> => {
    if (!(await run.has(file))) await run.writeTensors(file, examplesToTensors(await make()));
    return examplesFromTensors(await run.readTensors(file));
  };
  const learn = await examplesOf(FILES.learn, async () =>
    makeRankingExamples({
      ...shared,
      rankerIndex,
      ...(await towerWithVectors(FILES.base, { ...shared, frame: frameUpTo(frame, rankerIndex) })),
      onProgress: (fraction, note) => onProgress?.(`examples to learn from: ${note}`, fraction),
    }),
  );
  const ask = await examplesOf(FILES.ask, async () => {
    const from = await readTower(FILES.base, shared);
    return makeRankingExamples({
      ...shared,
      frame,
      description: askingAll(description),
      rankerIndex: testIndex,
      ...(await towerWithVectors(FILES.tower, { ...shared, from })),
      withoutPositives: true,
      onProgress: (fraction, note) => onProgress?.(`examples to ask: ${note}`, fraction),
    });
  });
  return { featureSet, learn, ask };
}

/** The same description, but with every retrieved candidate in a group. */
const askingAll = (description: Description): Description => ({
  ...description,
  training: {
    ...description.training,
    ranker: {
      ...description.training.ranker,
      queryCountMax: ASKED_QUERIES_MAX,
      candidateCount: EVERY_CANDIDATE,
    },
  },
});

type TowerOptions = ComparisonOptions & { readonly featureSet: FeatureSet; readonly from?: TwoTower };

async function towerWithVectors(
  file: string,
  options: TowerOptions,
): Promise<{ baseTower: TwoTower; baseVectors: Float32Array }> {
  const { run, items, onProgress } = options;
  if (!(await run.has(file))) {
    const { model } = await trainTower({
      ...options,
      onProgress: (state) => {
        const { note, fraction } = trainingNote(state);
        onProgress?.(`two-tower: ${note}`, fraction);
      },
    });
    await run.writeTensors(file, model.toTensors());
  }
  const baseTower = await readTower(file, options);
  return { baseTower, baseVectors: await encodeCatalogue(baseTower, items) };
}

const readTower = async (file: string, { run, featureSet, items }: TowerOptions): Promise<TwoTower> =>
  TwoTower.fromTensors(await run.readTensors(file), towerSources(featureSet, items));
