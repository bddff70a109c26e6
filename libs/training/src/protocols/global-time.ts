import {
  decayedPopularity,
  fitEase,
  fixedScorer,
  popularity,
  randomScorer,
  recentPopularity,
} from '@winnow/collaborative';
import type { VocabularyScorer } from '@winnow/collaborative';
import { evaluateRankings, globalTimeSplit, rankVocabulary } from '@winnow/evaluation';
import type { EvaluationWindow, RankingReport } from '@winnow/evaluation';
import type { Description } from '@winnow/domain';
import { PointInTimeReplay } from '@winnow/features';
import type { ItemTable } from '@winnow/features';
import type { FunnelAblation } from '@winnow/funnel';
import type { TrainingReport } from '@winnow/models';
import { frameUpTo } from '../frame';
import type { RunFrame } from '../frame';
import { FunnelLoss } from '../funnel-loss';
import type { FunnelLossReport } from '../funnel-loss';
import { offlineFunnel, rankUsers, replayedUsers } from '../offline-funnel';
import type { ExactIndexOf } from '../ports';
import { trainModels } from '../train-models';

export interface GlobalTimeOptions {
  readonly description: Description;
  readonly items: ItemTable;
  /** Everything, oldest first. */
  readonly frame: RunFrame;
  readonly exactIndexOf: ExactIndexOf;
  readonly seed: number;
  readonly ks: readonly number[];
  readonly onProgress?: (note: string, fraction: number) => void;
  readonly signal?: AbortSignal;
}

/** One recommender's figures. */
export interface ProtocolRow {
  readonly name: string;
  /** A stage of the funnel, in order, or a baseline. */
  readonly kind: 'baseline' | 'stage';
  readonly report: RankingReport;
}

export interface ProtocolReport {
  readonly protocol: 'global-time';
  readonly seed: number;
  readonly userCount: number;
  readonly vocabularyCount: number;
  /** Share of the test window's events with items outside the vocabulary. */
  readonly leftOutShare: number;
  readonly rows: readonly ProtocolRow[];
  readonly training: Readonly<Record<string, TrainingReport>>;
  readonly lightHeavyAgreement: number;
  /** Where the whole funnel lost what users then turned to. */
  readonly losses: FunnelLossReport;
  readonly durationMs: number;
}

const K_MAX = 100;
const EASE_VOCABULARY_MAX = 5_000;
const EASE_REGULARISATION = 200;
const TRENDING_HALF_LIFE_DAYS = 2;

const WHOLE = 'whole funnel';

/** What is switched off for each row, from the first stage to the whole. */
const STAGES: readonly { readonly name: string; readonly ablation: FunnelAblation }[] = [
  {
    name: 'two-tower',
    ablation: { sources: ['two-tower'], lightRank: false, heavyRank: false, rerank: false },
  },
  { name: 'two-tower → light', ablation: { sources: ['two-tower'], heavyRank: false, rerank: false } },
  { name: WHOLE, ablation: {} },
];

/**
 * The global-time protocol: learn from the first 90 % of the events, recommend to every user with a history as of the
 * first moment of the rest, and look for what they then turned to. The funnel is the one that serves.
 */
export async function evaluateGlobalTime(options: GlobalTimeOptions): Promise<ProtocolReport> {
  const { description, frame, onProgress } = options;
  const startedAtMs = performance.now();
  const { test } = globalTimeSplit(frame.events);
  const past = frameUpTo(frame, test.past.users.length);
  const trained = await trainModels({
    ...options,
    frame: past,
    onProgress: (note, fraction) => onProgress?.(note, 0.8 * fraction),
  });
  const baselines = baselineRows(test, options);

  const replay = new PointInTimeReplay({ events: past.events, description });
  replay.advanceToTime(test.startMs);
  const vocabulary = new Set(test.vocabulary);
  const stages: ProtocolRow[] = [];
  const losses = new FunnelLoss({ k: Math.max(...options.ks) });
  for (const [index, { name, ablation }] of STAGES.entries()) {
    const funnel = await offlineFunnel({
      models: trained.engines(replay.counters),
      users: replayedUsers(past, replay),
      nowMs: test.startMs,
      ablation,
      eligible: (ordinal) => vocabulary.has(ordinal),
    });
    const rankings = await rankUsers(funnel, {
      users: test.cases.map(({ user }) => user),
      k: Math.max(...options.ks),
      nowMs: test.startMs,
      watchOf:
        name === WHOLE ? (at) => losses.follow(test.cases[at].user, test.cases[at].relevant) : undefined,
      onProgress: (done) =>
        onProgress?.(
          `${name}: ${done} of ${test.cases.length} users`,
          0.8 + (0.2 * (index + done / test.cases.length)) / STAGES.length,
        ),
    });
    stages.push({ name, kind: 'stage', report: reportOf(rankings, test, options.ks) });
  }
  return {
    protocol: 'global-time',
    seed: options.seed,
    userCount: test.cases.length,
    vocabularyCount: test.vocabulary.length,
    leftOutShare: test.leftOutShare,
    rows: [...baselines, ...stages],
    training: trained.reports,
    lightHeavyAgreement: trained.lightHeavyAgreement,
    losses: losses.report(),
    durationMs: performance.now() - startedAtMs,
  };
}

function baselineRows(test: EvaluationWindow, { ks, seed, onProgress }: GlobalTimeOptions): ProtocolRow[] {
  // Published figures learn from users with at least two items of the vocabulary.
  const input = { past: test.matrix, vocabulary: test.vocabulary };
  const nowMs = test.startMs;
  onProgress?.('baselines', 0.8);
  const baselines: (readonly [string, VocabularyScorer])[] = [
    ['random', randomScorer(input, { seed })],
    ['popular', fixedScorer(popularity(input))],
    ['popular, last 30 days', fixedScorer(recentPopularity(input, { nowMs, days: 30 }))],
    [
      'trending (half-life 2 d)',
      fixedScorer(decayedPopularity(input, { nowMs, halfLifeDays: TRENDING_HALF_LIFE_DAYS })),
    ],
  ];
  if (test.vocabulary.length <= EASE_VOCABULARY_MAX)
    baselines.push(['EASE', fitEase(input, { regularisation: EASE_REGULARISATION }).scorer()]);
  return baselines.map(([name, baseline]) => {
    const rankings = test.cases.map((one) =>
      rankVocabulary({
        vocabulary: test.vocabulary,
        scores: baseline.score(one),
        excluded: new Set(one.history),
        count: Math.max(...ks),
      }),
    );
    return { name, kind: 'baseline', report: reportOf(rankings, test, ks) };
  });
}

function reportOf(
  rankings: readonly Uint32Array[],
  test: EvaluationWindow,
  ks: readonly number[],
): RankingReport {
  if (Math.max(...ks) > K_MAX) throw new RangeError(`k is at most ${K_MAX}`);
  return evaluateRankings({ rankings, relevant: test.cases.map(({ relevant }) => relevant), ks });
}
