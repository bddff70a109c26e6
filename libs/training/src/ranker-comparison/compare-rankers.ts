import type { HeavyRankerArchitectureName } from '@winnow/domain';
import { areaUnderRoc, calibrationError, logLoss } from '@winnow/evaluation';
import { rankingFeatureNamesOf } from '@winnow/features';
import { groupNdcg, HeavyRanker, labelGains, requestOf, ValueModel } from '@winnow/models';
import type { RankingExamples } from '@winnow/models';
import { heavySources, trainHeavy } from '../rankers';
import { trainingNote } from '../training-note';
import type { ComparisonExamples, ComparisonOptions } from './comparison-examples';
import { cpuMicrosecondsPerCandidate } from './request-cost';

/** How well something orders the candidates that it is asked about, and tells their odds. */
export interface RankerFigures {
  readonly name: string;
  readonly seed: number;
  /** Of the head that weighs most, over all candidates of all queries. */
  readonly auc: number;
  /** Of the score, over queries with anything to find; the ideal knows what was retrieved only. */
  readonly ndcgAt20: number;
  /** Null for what gives no probabilities. */
  readonly network: {
    /** Of the head that weighs most, in nats. */
    readonly logLoss: number;
    readonly calibrationError: number;
    readonly epochCount: number;
    /** CPU time; wasm uses one thread, so on an idle core the clock says about the same. */
    readonly trainingCpuMs: number;
    /** CPU time, features computed, in requests for {@link REQUEST_CANDIDATES} candidates. */
    readonly cpuMicrosecondsPerCandidate: number;
  } | null;
}

/** Candidates of the requests that are timed: as many as reach a heavy ranker by default. */
export const REQUEST_CANDIDATES = 200;
const K = 20;

/**
 * Trains one architecture, saves it, loads it, and asks what was loaded. Probabilities are calibrated whatever the
 * description says, since log losses could not be compared otherwise.
 */
export async function compareRanker(
  { featureSet, learn, ask }: ComparisonExamples,
  options: ComparisonOptions & {
    readonly architecture: HeavyRankerArchitectureName;
    /** CPU time of this process: unlike the clock, it does not count what else the machine does. */
    readonly cpuMs: () => number;
  },
): Promise<RankerFigures> {
  const { description, items, architecture, seed, cpuMs, onProgress } = options;
  const startedAtCpuMs = cpuMs();
  const { model, report } = await trainHeavy({
    ...{ items, featureSet, seed, examples: learn },
    description: {
      ...description,
      training: {
        ...description.training,
        heavyRanker: { ...description.training.heavyRanker, architecture, calibrate: true },
      },
    },
    onProgress: (state) => {
      const { note, fraction } = trainingNote(state);
      onProgress?.(`${architecture}: ${note}`, fraction);
    },
  });
  const trainingCpuMs = cpuMs() - startedAtCpuMs;
  const loaded = HeavyRanker.fromTensors(model.toTensors(), heavySources(description, featureSet, items));
  model.dispose();
  const { scores, predictions } = await answersOf(loaded, ask);
  const labels = labelsOf(ask, mainHead(loaded.valueModel));
  const figures = {
    name: architecture,
    seed,
    auc: areaUnderRoc({ predictions, labels }),
    ndcgAt20: ndcgOf(ask, scores, loaded.valueModel),
    network: {
      logLoss: logLoss({ predictions, labels }),
      calibrationError: calibrationError({ predictions, labels }),
      epochCount: report.losses.length,
      trainingCpuMs,
      cpuMicrosecondsPerCandidate: await cpuMicrosecondsPerCandidate(loaded, ask, {
        candidateCount: REQUEST_CANDIDATES,
        cpuMs,
      }),
    },
  };
  loaded.dispose();
  return figures;
}

/** Features that are rankers by themselves: what a network must know better than. */
const SIMPLE_RANKERS = ['popularity', 'trending-slow', 'trending-fast', 'tower-score'];

/** The same candidates ordered by one feature each. */
export function simpleRankers(
  { ask }: ComparisonExamples,
  { description, seed }: Pick<ComparisonOptions, 'description' | 'seed'>,
): RankerFigures[] {
  const valueModel = new ValueModel(description.objectives);
  const labels = labelsOf(ask, mainHead(valueModel));
  return rankingFeatureNamesOf(description.items.attributes).flatMap((name, column) => {
    if (!SIMPLE_RANKERS.includes(name)) return [];
    const scores = ask.features.filter((_, at) => at % ask.featureCount === column);
    const auc = areaUnderRoc({ predictions: scores, labels });
    return [{ name, seed, auc, ndcgAt20: ndcgOf(ask, scores, valueModel), network: null }];
  });
}

/** Index of the head that weighs most. */
const mainHead = (valueModel: ValueModel): number =>
  valueModel.heads.reduce(
    (most, _, head) => (valueModel.weight(head) > valueModel.weight(most) ? head : most),
    0,
  );

const labelsOf = ({ labels, headCount }: RankingExamples, head: number): Float32Array =>
  labels.filter((_, at) => at % headCount === head);

const ndcgOf = (examples: RankingExamples, scores: Float32Array, valueModel: ValueModel): number =>
  groupNdcg(examples, {
    queries: Array.from({ length: examples.queryCount }, (_, query) => query),
    scores,
    gains: labelGains(examples, valueModel),
    k: K,
  });

/** Scores, and predictions of the head that weighs most, of every candidate: [n] each. */
async function answersOf(
  heavy: HeavyRanker,
  examples: RankingExamples,
): Promise<{ scores: Float32Array; predictions: Float32Array }> {
  const scores = new Float32Array(examples.ordinals.length);
  const predictions = new Float32Array(examples.ordinals.length);
  const head = mainHead(heavy.valueModel);
  for (let query = 0; query < examples.queryCount; query += 1) {
    const ranked = await heavy.rank(requestOf(examples, query));
    const from = examples.groupOffsets[query];
    scores.set(ranked.scores, from);
    for (let row = 0; row < ranked.scores.length; row += 1)
      predictions[from + row] = ranked.headValues[row * heavy.heads.length + head];
  }
  return { scores, predictions };
}
