import {
  BENCHMARK_NAMES,
  DATASET_NAMES,
  DatasetError,
  isBenchmarkName,
  isDatasetName,
  openDataset,
  readPublishedSplit,
  readRatingFolds,
  readSequences,
} from '@winnow/datasets';
import type { Description } from '@winnow/domain';
import type { ProtocolName } from '@winnow/evaluation';
import {
  attributeSlices,
  countedModels,
  globalTimeTask,
  leaveOneOutTask,
  networkModels,
  publishedSplitTask,
  ratingModels,
  sequenceModels,
  userRatioTask,
} from '@winnow/training';
import type { RankingModel, RankingTask, RatingModel, RatingTask } from '@winnow/training';
import { exactIndexOf } from './composition-root';
import { readDatasetFrame } from './dataset-frame';

/** What is to be compared: a question, and who can answer it. */
export interface EvaluationParts {
  readonly rankings: { readonly task: RankingTask; readonly models: readonly RankingModel[] };
  readonly ratings: { readonly task: RatingTask; readonly models: readonly RatingModel[] } | null;
}

export interface EvaluationRequest {
  readonly data: string;
  readonly protocol: ProtocolName;
  /** Attributes to tell users and items apart by. */
  readonly slices: readonly string[];
  /** Read only where events have to be told apart. */
  description(): Promise<Description>;
}

/** Ratings from here on count as liked: four stars of five. */
const LIKED_FROM = 4;
const NO_SLICES = { userSlices: [], itemSlices: [] };

/** The protocol that a data set is made for. */
export function usualProtocol(data: string): ProtocolName {
  if (!isBenchmarkName(data)) return 'gt';
  return data === 'gowalla' ? 'gowalla' : 'loo';
}

/**
 * Reads the data and makes the protocol's question of it.
 *
 * @throws DatasetError when the data is unknown, not there, or not what the protocol is about.
 */
export async function evaluationParts(request: EvaluationRequest): Promise<EvaluationParts> {
  const { data, protocol } = request;
  if (!isDatasetName(data) && !isBenchmarkName(data))
    throw new DatasetError(
      'unknown',
      `there is no data set ${data}; known: ${[...DATASET_NAMES, ...BENCHMARK_NAMES].join(', ')}`,
    );
  switch (protocol) {
    case 'gt':
      return globalTime(request);
    case 'loo':
      return leaveOneOut(request);
    case 'gowalla':
      return gowalla(request);
    case 'folds':
      return folds(request);
  }
}

const mismatch = ({ data, protocol }: EvaluationRequest, wanted: string): DatasetError =>
  new DatasetError('unknown', `protocol ${protocol} is for ${wanted}, not for ${data}`);

/** All events of an importable set, each pair of user and item once. */
async function eventFrame({ data, description: load }: EvaluationRequest) {
  const description = await load();
  const { items, frame } = await readDatasetFrame(await openDataset(data), {
    description,
    firstOfEachPair: true,
  });
  return { description, items, frame };
}

async function globalTime(request: EvaluationRequest): Promise<EvaluationParts> {
  if (isBenchmarkName(request.data)) throw mismatch(request, 'data with times');
  const sources = { ...(await eventFrame(request)), exactIndexOf };
  const task = globalTimeTask(sources.frame.events, attributeSlices(sources, request.slices));
  const models = [...countedModels(), ...sequenceModels(), ...networkModels(sources)];
  return { rankings: { task, models }, ratings: null };
}

async function leaveOneOut(request: EvaluationRequest): Promise<EvaluationParts> {
  const { data, slices } = request;
  const models = [...countedModels(), ...sequenceModels()];
  if (data === 'gowalla') throw mismatch(request, 'data in order');
  if (data === 'ml-1m-sequences' || data === 'amazon-beauty') {
    const task = leaveOneOutTask(await readSequences(data), NO_SLICES);
    return { rankings: { task, models }, ratings: null };
  }
  const sources = await eventFrame(request);
  const task = leaveOneOutTask(sources.frame.events, attributeSlices(sources, slices));
  return { rankings: { task, models }, ratings: null };
}

async function gowalla(request: EvaluationRequest): Promise<EvaluationParts> {
  if (request.data !== 'gowalla') throw mismatch(request, 'gowalla');
  const { train, test } = await readPublishedSplit('gowalla');
  const models = [...countedModels(), ...sequenceModels()];
  return { rankings: { task: publishedSplitTask(train, test), models }, ratings: null };
}

async function folds(request: EvaluationRequest): Promise<EvaluationParts> {
  if (request.data !== 'movielens-100k') throw mismatch(request, 'movielens-100k');
  const { all, folds: splits } = await readRatingFolds();
  return {
    rankings: { task: userRatioTask(all), models: [...countedModels(), ...sequenceModels()] },
    ratings: { task: { folds: splits, likedFrom: LIKED_FROM }, models: ratingModels() },
  };
}
