import { type Markup, markup } from '../markup/markup';
import { figure, figures, notes, paragraph, table, tiles } from '../page/parts';
import { renderPage, type Section } from '../page/page';
import { curvePlot } from '../plots/curve-plot';
import { countText, dayText, metricText, momentText, quantityText, shareText } from '../quantities';
import { checkTable } from '../gate-report/check-table';
import { intervalCell } from './interval-cell';
import { itemSliceParts, userSliceParts } from './slice-parts';
import type { CardTraining, HoldoutEvidence, ModelCard } from './model-card';

/** The card of a release as one HTML file. */
export function renderModelCard(card: ModelCard): string {
  const { version, namespace, createdAtMs, parent, codeVersion } = card;
  return renderPage({
    title: `Model card: ${version}`,
    lead: markup`${namespace}, made ${momentText(createdAtMs)} by winnow ${codeVersion}${parent ? markup`, after <code>${parent}</code>` : null}.`,
    summary: [cardTiles(card), verdictNote(card)],
    sections: [
      gateSection(card),
      ...(card.holdout ? holdoutSections(card.holdout) : []),
      dataSection(card),
      trainingSection(card),
      {
        title: 'Limits',
        content: [markup`<ul>${card.limits.map((limit) => markup`<li>${limit}</li>`)}</ul>`],
      },
    ],
    footer:
      'Part of the release: its checksum is in the manifest. Intervals are 95 % bootstrap intervals over users.',
  });
}

function cardTiles({ data, holdout }: ModelCard): Markup {
  const headline = (name: string) => holdout?.metrics.find((metric) => metric.name === name)?.candidate;
  const measured = ['ndcg@20', 'recall@20'].flatMap((name) => {
    const metric = headline(name);
    return metric && metric.count > 0
      ? [
          {
            name,
            value: metricText(metric.mean),
            detail: `${metricText(metric.low)} to ${metricText(metric.high)}`,
          },
        ]
      : [];
  });
  return tiles([
    ...measured,
    {
      name: 'events',
      value: countText(data.eventCount),
      detail: `${dayText(data.fromMs)} to ${dayText(data.toMs)}`,
    },
    { name: 'items', value: countText(data.itemCount) },
    { name: 'users', value: countText(data.userCount) },
  ]);
}

const verdictNote = ({ verdict: { promoted, reason } }: ModelCard): Markup =>
  notes([
    {
      tone: promoted ? 'good' : 'bad',
      title: promoted ? 'The gate promoted it.' : 'The gate refused it.',
      text: reason,
    },
  ]);

const gateSection = ({ verdict }: ModelCard): Section => ({
  title: 'Gate',
  content: [
    checkTable(verdict.checks),
    paragraph(
      markup`With intervals, slices and plots: <a href="gate.html">the gate’s report</a>, beside this card.`,
    ),
  ],
});

function holdoutSections(holdout: HoldoutEvidence): Section[] {
  const { metrics, userSlices, itemSlices, fairness, fromMs, toMs, eventCount, userCount } = holdout;
  const described = paragraph(
    `Asked for ${countText(userCount)} users as of ${momentText(fromMs)}, and compared with what they turned to until ${dayText(toMs)}: ${countText(eventCount)} events that no network has seen. Items that a user had before are neither asked for nor shown.`,
  );
  const quality = table({
    caption: 'The whole funnel, the popular list, and the release that served before',
    rows: metrics,
    columns: [
      { title: 'metric', cell: ({ name }) => name },
      { title: 'this release', number: true, cell: ({ candidate }) => intervalCell(candidate) },
      { title: 'popular', number: true, cell: ({ popular }) => intervalCell(popular) },
      {
        title: 'served before',
        number: true,
        cell: ({ serving }) => (serving ? intervalCell(serving) : '–'),
      },
    ],
  });
  const named = [...fairness.users, ...fairness.items];
  return [
    {
      title: 'Quality on held-out events',
      content: [described, figures([quality, exposureFigure(holdout)])],
    },
    {
      title: 'Slices',
      content: [...userSlices.flatMap(userSliceParts), ...itemSlices.flatMap(itemSliceParts)],
    },
    {
      title: 'Fairness',
      content:
        named.length === 0
          ? [
              paragraph(
                'winnow.yaml names no groups. Name attributes under fairness: itemGroups and userGroups to see who is shown and who is served.',
              ),
            ]
          : [
              paragraph(
                'Exposure weighs positions as DCG does. A ratio of 1 is parity; below 0.8 a group gets less than four fifths of what another gets, which is worth asking why.',
              ),
              ...fairness.users.flatMap(userSliceParts),
              ...fairness.items.flatMap(itemSliceParts),
            ],
    },
  ];
}

function exposureFigure({ k, coverage, gini, popularityCurve }: HoldoutEvidence): Markup {
  const plot = curvePlot({
    label: 'Share of exposure against share of the catalogue, most popular first',
    x: { label: 'share of the catalogue, most popular first', low: 0, high: 1, format: wholePercent },
    y: { label: 'share of exposure', low: 0, high: 1, format: wholePercent },
    series: [
      {
        name: 'this release',
        draw: 'line-and-points',
        points: [
          { x: 0, y: 0 },
          ...popularityCurve.map(({ itemShare, exposureShare }) => ({ x: itemShare, y: exposureShare })),
        ],
      },
      {
        name: 'even',
        points: [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
      },
    ],
  });
  return figure({
    title: 'Where exposure goes',
    caption: `In the first ${k} places ${shareText(coverage)} of the catalogue is shown to somebody; Gini coefficient ${quantityText(Number(gini.toFixed(3)))}.`,
    legend: ['this release', 'even'],
    lines: true,
    plot,
  });
}

const wholePercent = (share: number): string => `${Math.round(100 * share)} %`;

function dataSection({ data, models, seeds }: ModelCard): Section {
  const facts: readonly (readonly [string, string])[] = [
    ['events', `${countText(data.eventCount)}, ${momentText(data.fromMs)} to ${momentText(data.toMs)}`],
    ['event types', data.eventTypes.join(', ')],
    ['users and items', `${countText(data.userCount)} and ${countText(data.itemCount)}`],
    ['dimension of the retrieval vectors', countText(models.dimension)],
    ['interactions that a model looks back on', countText(models.historyCountMax)],
    [
      'index',
      `${models.index.kind}, ef ${models.index.efSearch}, recall@500 ${metricText(models.index.recallAt500)}`,
    ],
    ['ranking features', models.features.join(', ')],
    [
      'seeds',
      Object.entries(seeds)
        .map(([name, seed]) => `${name} ${seed}`)
        .join(', '),
    ],
  ];
  return {
    title: 'Data and models',
    content: [
      table({
        caption: 'What it was made from',
        rows: facts,
        columns: [
          { title: 'what', cell: ([what]) => what },
          { title: 'value', cell: ([, value]) => value },
        ],
      }),
      table({
        caption: 'The value model: what is predicted, and how it is weighed',
        rows: models.objectives,
        columns: [
          { title: 'head', cell: ({ head }) => head },
          {
            title: 'predicts',
            cell: ({ event, valueMin }) =>
              valueMin === undefined ? event : `${event} of at least ${valueMin}`,
          },
          { title: 'weight', number: true, cell: ({ weight }) => quantityText(weight) },
        ],
      }),
    ],
  };
}

function trainingSection({ training }: ModelCard): Section {
  const summary = table({
    caption: 'Trainings',
    rows: training,
    columns: [
      { title: 'model', cell: ({ model }) => model },
      { title: 'examples', number: true, cell: ({ exampleCount }) => countText(exampleCount) },
      { title: 'epochs', number: true, cell: ({ losses }) => countText(losses.length) },
      { title: 'best', number: true, cell: ({ bestEpoch }) => countText(bestEpoch) },
      { title: 'examples/s', number: true, cell: ({ examplesPerSecond }) => countText(examplesPerSecond) },
      { title: 'time', number: true, cell: ({ durationMs }) => `${countText(durationMs / 1000)} s` },
      {
        title: 'figures',
        cell: ({ metrics }) =>
          Object.entries(metrics)
            .map(([name, value]) => `${name} ${metricText(value)}`)
            .join(', '),
      },
    ],
  });
  return { title: 'Training', content: [summary, figures(training.flatMap(trainingFigures))] };
}

function trainingFigures({ model, losses, validation, bestEpoch }: CardTraining): Markup[] {
  const curve = (what: string, values: readonly number[]): Markup[] =>
    values.length === 0
      ? []
      : [
          figure({
            title: `${model}: ${what}`,
            caption: `Epoch ${bestEpoch} was kept.`,
            plot: curvePlot({
              label: `${what} of ${model} by epoch`,
              x: { label: 'epoch', whole: true },
              y: { label: what },
              series: [
                {
                  name: what,
                  draw: 'line-and-points',
                  points: values.map((y, index) => ({ x: index + 1, y })),
                },
              ],
            }),
          }),
        ];
  return [...curve('training loss', losses), ...curve('validation', validation)];
}
