import type { Description, QueryFeatures } from '@winnow/domain';
import type { LearningCurve } from '@winnow/evaluation';
import { FeatureSet, PointInTimeReplay } from '@winnow/features';
import type { ItemTable } from '@winnow/features';
import type { TrainingReport } from '@winnow/models';
import { frameUpTo } from '../../frame';
import type { RunFrame } from '../../frame';
import { offlineFunnel, rankUsers, replayedUsers } from '../../offline-funnel';
import type { ExactIndexOf, RunFolder } from '../../ports';
import { trainTower } from '../../towers';
import { trainModels } from '../../train-models';
import { trainingNote } from '../../training-note';
import type {
  ChosenRankingModel,
  LearningWindow,
  ModelContext,
  RankingModel,
  TrainedRankingModel,
} from '../ranking-model';
import { vectorAnswer } from './vector-answer';

/** What the product's own models read besides the interactions. */
export interface NetworkModelSources {
  readonly description: Description;
  readonly items: ItemTable;
  /** Everything, oldest first; a window's past is its beginning. */
  readonly frame: RunFrame;
  readonly exactIndexOf: ExactIndexOf;
  /** Keeps what several trainings of the funnel on one window share. */
  readonly kept?: RunFolder;
}

/** What is trained for serving, for the global-time protocol, whose past is a beginning of the log. */
export const networkModels = (sources: NetworkModelSources): readonly RankingModel[] => [
  networkModel('two-tower', 'two-tower, alone', (window, context) => trainAlone(sources, window, context)),
  networkModel('funnel', 'whole funnel', (window, context) => trainFunnel(sources, window, context)),
];

/** The description says everything, so there is nothing to choose. */
const networkModel = (name: string, title: string, train: ChosenRankingModel['train']): RankingModel => ({
  kind: 'ranking',
  name,
  title,
  deterministic: false,
  needsBackend: true,
  choose: async () => ({ settings: {}, train }),
});

/** The past as a frame, and everybody as of the moment that is asked about. */
function pastOf({ description, frame }: NetworkModelSources, window: LearningWindow) {
  const past = frameUpTo(frame, window.past.users.length);
  const replay = new PointInTimeReplay({ events: past.events, description });
  replay.advanceToTime(window.startMs);
  return { past, replay };
}

async function trainAlone(
  sources: NetworkModelSources,
  window: LearningWindow,
  { seed, onProgress }: ModelContext,
): Promise<TrainedRankingModel> {
  const { description, items } = sources;
  const { past, replay } = pastOf(sources, window);
  const featureSet = FeatureSet.compile(description, items);
  const { model, report } = await trainTower({
    ...{ description, items, featureSet, seed },
    frame: past,
    onProgress: (state) => {
      const { fraction, note } = trainingNote(state);
      onProgress?.(note, fraction);
    },
  });
  const queryOf = (user: number): QueryFeatures => ({
    history: replay.history(user).slice(-description.training.historyCountMax),
    seedOrdinals: [],
    userAttributes: past.userAttributes[user] ?? {},
    context: {},
    nowMs: window.startMs,
  });
  return {
    exampleCount: report.exampleCount,
    learningCurves: [learningCurve('two-tower', report)],
    answer: vectorAnswer({
      encode: (queries) => model.encodeQueries(queries.map(({ user }) => queryOf(user))),
      itemVectors: await model.encodeItems(window.vocabulary),
      dimension: model.dimension,
    }),
  };
}

async function trainFunnel(
  sources: NetworkModelSources,
  window: LearningWindow,
  { seed, signal, onProgress }: ModelContext,
): Promise<TrainedRankingModel> {
  const { past, replay } = pastOf(sources, window);
  const trained = await trainModels({ ...sources, frame: past, seed, signal, onProgress });
  const vocabulary = new Set(window.vocabulary);
  const funnel = await offlineFunnel({
    models: trained.engines(replay.counters),
    users: replayedUsers(past, replay),
    nowMs: window.startMs,
    eligible: (ordinal) => vocabulary.has(ordinal),
  });
  const reports = Object.entries(trained.reports);
  return {
    exampleCount: reports.reduce((sum, [, report]) => sum + report.exampleCount, 0),
    learningCurves: reports.map(([part, report]) => learningCurve(part, report)),
    answer: {
      kind: 'lists',
      list: (queries, k) =>
        rankUsers(funnel, { users: queries.map(({ user }) => user), k, nowMs: window.startMs }),
    },
  };
}

const learningCurve = (part: string, { losses, validation }: TrainingReport): LearningCurve => ({
  part,
  losses,
  validation,
});
