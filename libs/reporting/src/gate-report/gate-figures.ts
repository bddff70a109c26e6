import { type Markup, markup } from '../markup/markup';
import { intervalCell } from '../model-card/interval-cell';
import { figure, table } from '../page/parts';
import { barPlot } from '../plots/bar-plot';
import { curvePlot } from '../plots/curve-plot';
import { countText, metricText, quantityText, shareText } from '../quantities';
import type {
  GateEvidence,
  GateHead,
  GateProbeName,
  GateRecommender,
  GateRecommenderName,
} from './gate-report';

const NAMES: Readonly<Record<GateRecommenderName, string>> = {
  candidate: 'this release',
  serving: 'serving release',
  popular: 'popular list',
  trending: 'trending list',
};

interface NamedRecommender extends GateRecommender {
  readonly name: string;
}

/** Those that were measured, the candidate first. */
const recommendersOf = ({ recommenders }: GateEvidence): NamedRecommender[] =>
  (['candidate', 'serving', 'trending', 'popular'] as const).flatMap((key) => {
    const figures = recommenders[key];
    return figures ? [{ ...figures, name: NAMES[key] }] : [];
  });

export const qualityFigure = (evidence: GateEvidence): Markup =>
  figure({
    title: `NDCG and recall at ${evidence.k}`,
    caption: 'Whiskers are intervals over users.',
    legend: ['NDCG', 'recall'],
    plot: barPlot({
      label: 'NDCG and recall of each recommender',
      value: { label: `at ${evidence.k}` },
      valueText: metricText,
      series: ['NDCG', 'recall'],
      bars: recommendersOf(evidence).map(({ name, ndcg, recall }) => ({
        label: name,
        values: [ndcg, recall].map(({ mean, low, high }) => ({ value: mean, low, high })),
      })),
    }),
  });

export const differenceFigure = ({ differences, k }: GateEvidence): Markup =>
  figure({
    title: 'What this release adds',
    caption: `NDCG@${k} and recall@${k} of this release minus those of the other, for the same users. An interval that reaches over zero leaves it open which is better. On what was shown: by the order of what users met, since they can only take what the serving release chose to show.`,
    legend: ['NDCG', 'recall'],
    plot: barPlot({
      label: 'Differences to each other recommender',
      value: { label: 'this release − the other' },
      valueText: metricText,
      series: ['NDCG', 'recall'],
      reference: { value: 0, grow: true },
      bars: differences.map(({ against, basis, ndcg, recall }) => ({
        label: basis === 'shown' ? `${NAMES[against]}, on what was shown` : NAMES[against],
        values: [ndcg, recall].map(({ mean, low, high }) => ({ value: mean, low, high })),
      })),
    }),
  });

export const spreadTable = (evidence: GateEvidence): Markup =>
  table({
    caption: 'How recommendations are spread over the catalogue',
    rows: recommendersOf(evidence),
    columns: [
      { title: 'recommender', cell: ({ name }) => name },
      { title: 'coverage', number: true, cell: ({ coverage }) => shareText(coverage) },
      { title: 'Gini', number: true, cell: ({ gini }) => metricText(gini) },
      ...(evidence.recommenders.candidate.exposureSteps ?? []).map(({ exposureShare }, step) => ({
        title: `items of ${Math.round(100 * exposureShare)} %`,
        number: true,
        cell: ({ exposureSteps }: NamedRecommender) => countText(exposureSteps[step].itemCount),
      })),
    ],
  });

export const popularityCurveFigure = (evidence: GateEvidence): Markup =>
  figure({
    title: 'Popularity curve',
    caption: 'Which share of what is shown goes to the most popular part of the catalogue.',
    legend: recommendersOf(evidence).map(({ name }) => name),
    lines: true,
    plot: curvePlot({
      label: 'Share of exposure against share of the catalogue, most popular first',
      x: { label: 'share of the catalogue, most popular first', low: 0, high: 1, format: wholePercent },
      y: { label: 'share of exposure', low: 0, high: 1, format: wholePercent },
      series: recommendersOf(evidence).map(({ name, popularityCurve }) => ({
        name,
        points: [
          { x: 0, y: 0 },
          ...popularityCurve.map(({ itemShare, exposureShare }) => ({ x: itemShare, y: exposureShare })),
        ],
      })),
    }),
  });

const wholePercent = (share: number): string => `${Math.round(100 * share)} %`;

export const headTable = (heads: readonly GateHead[]): Markup =>
  table({
    caption: 'Odds that the heavy ranker gives, on items that both releases scored',
    rows: heads.flatMap(({ candidate, serving, ...head }) => [
      { ...head, ...candidate, whose: NAMES.candidate },
      ...(serving ? [{ ...head, ...serving, whose: NAMES.serving }] : []),
    ]),
    columns: [
      { title: 'head', cell: ({ head, whose }) => `${head}, ${whose}` },
      { title: 'predictions', number: true, cell: ({ predictionCount }) => countText(predictionCount) },
      { title: 'taken', number: true, cell: ({ positiveCount }) => countText(positiveCount) },
      { title: 'AUC', number: true, cell: ({ auc }) => metricText(auc) },
      { title: 'log loss', number: true, cell: ({ logLoss }) => metricText(logLoss) },
      {
        title: 'calibration error',
        number: true,
        cell: ({ calibrationError }) => metricText(calibrationError),
      },
    ],
  });

/** Bars beyond this many are read by nobody; the table has them all. */
const BAR_COUNT_MAX = 16;

export function sliceFigure({ slices }: GateEvidence): Markup | null {
  const compared = slices.filter(({ difference }) => difference !== null);
  if (compared.length === 0) return null;
  return figure({
    title: 'NDCG by slice, this release − serving release',
    caption:
      'For the same users. With many slices one of them looks bad by chance: the intervals make up for it (Bonferroni).',
    plot: barPlot({
      label: 'Difference of NDCG by slice',
      value: { label: 'this release − serving release' },
      valueText: metricText,
      series: ['difference'],
      reference: { value: 0, grow: true },
      bars: compared.slice(0, BAR_COUNT_MAX).map(({ by, name, difference }) => ({
        label: `${by}: ${name}`,
        values: [{ value: difference?.mean ?? NaN, low: difference?.low, high: difference?.high }],
      })),
    }),
  });
}

export const sliceTable = ({ slices, k }: GateEvidence): Markup =>
  table({
    caption: `NDCG@${k} by slice`,
    rows: slices,
    columns: [
      { title: 'slice', cell: ({ by, name }) => `${by}: ${name}` },
      { title: 'users', number: true, cell: ({ userCount }) => countText(userCount) },
      { title: NAMES.candidate, number: true, cell: ({ candidateNdcg }) => metricText(candidateNdcg) },
      {
        title: NAMES.serving,
        number: true,
        cell: ({ servingNdcg }) => (servingNdcg === null ? '–' : metricText(servingNdcg)),
      },
      {
        title: 'difference',
        number: true,
        cell: ({ difference }) => (difference ? intervalCell(difference) : '–'),
      },
    ],
  });

const PROBES: Readonly<Record<GateProbeName, string>> = {
  'single-taste':
    'How many times as much of a category as others does a user get who turned to nothing else?',
  halves: 'How much more do slates for two halves of one history have in common than those of strangers?',
  forgotten: 'Which share of a slate stays when the oldest interaction is forgotten?',
  irrelevant: 'Which share of a slate stays when attributes change that must not matter?',
};

export const probeTable = ({ probes }: GateEvidence): Markup =>
  table({
    caption: 'What made-up users are given',
    rows: probes,
    columns: [
      { title: 'question', cell: ({ probe }) => PROBES[probe] },
      {
        title: 'answer',
        number: true,
        cell: ({ measured }) => (measured === null ? '–' : quantityText(Number(measured.toFixed(3)))),
      },
      { title: 'users', number: true, cell: ({ userCount }) => countText(userCount) },
      { title: 'of what', cell: ({ note }) => markup`${note}` },
    ],
  });
