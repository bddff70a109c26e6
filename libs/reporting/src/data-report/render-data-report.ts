import { type Markup, markup } from '../markup/markup';
import { figure, figures, type Note, notes, paragraph, table, tiles } from '../page/parts';
import { renderPage, type Section } from '../page/page';
import { PLOT_SIZES } from '../plots/frame';
import { histogramPlot } from '../plots/histogram-plot';
import { countText, dayText, momentText, quantityText, shareText } from '../quantities';
import { attributeFigure, missingTable } from './attribute-figures';
import type { DataReport, SideReport } from './data-report';
import { spreadFigure } from './spread-figure';

/** The report of an import as one HTML file. */
export function renderDataReport(report: DataReport): string {
  const { source, attribution, createdAtMs, timeShiftMs } = report;
  const shift = timeShiftMs === 0 ? '' : ` Times were moved by ${timeShiftMs / 604_800_000} whole weeks.`;
  return renderPage({
    title: `Data report: ${source}`,
    lead: markup`${attribution}. Imported ${momentText(createdAtMs)}.${shift}`,
    summary: [summaryTiles(report), warningList(report.warnings)],
    sections: [
      eventSection(report),
      ...report.sides
        .filter(({ rowCount, activeCount }) => rowCount + activeCount > 0)
        .map((side) => sideSection(report, side)),
      duplicateSection(report),
      rowSection(report),
    ],
    footer:
      'Written by winnow import. Counts are exact up to 200,000 items and as many users; beyond, they come from a uniform sample of them. Times are UTC.',
  });
}

const NOTHING_ODD: Note = {
  tone: 'good',
  title: 'Nothing odd was found.',
  text: 'No attribute knows the events, nothing happens before it exists, and rows are there once.',
};

const warningList = (warnings: readonly Note[]): Markup =>
  notes(warnings.length > 0 ? warnings : [NOTHING_ODD]);

function summaryTiles({ eventCount, firstEventMs, lastEventMs, sides, warnings }: DataReport): Markup {
  const active = (side: SideReport): string =>
    side.listedCount > 0 ? `${countText(side.activeCount)} with events` : 'known from events only';
  return tiles([
    { name: 'events', value: countText(eventCount) },
    ...sides.map((side) => ({
      name: side.side,
      value: countText(Math.max(side.listedCount, side.activeCount)),
      detail: active(side),
    })),
    ...(firstEventMs === null || lastEventMs === null
      ? []
      : [
          {
            name: 'window',
            value: `${quantityText(Number(((lastEventMs - firstEventMs) / 86_400_000).toPrecision(3)))} days`,
            detail: `${dayText(firstEventMs)} to ${dayText(lastEventMs)}`,
          },
        ]),
    { name: 'to look at', value: countText(warnings.length), detail: gravest(warnings) },
  ]);
}

function gravest(warnings: readonly Note[]): string {
  const bad = warnings.filter(({ tone }) => tone === 'bad').length;
  return bad > 0 ? `${countText(bad)} of them grave` : 'none grave';
}

const STEP_NAMES: readonly (readonly [fromMs: number, name: string])[] = [
  [27 * 86_400_000, '4 weeks'],
  [7 * 86_400_000, 'week'],
  [86_400_000, 'day'],
  [0, 'hour'],
];

function eventSection({ eventTypes, timeline, eventCount }: DataReport): Section {
  if (!timeline) return { title: 'Events', content: [paragraph('The source has no events.')] };
  const step = STEP_NAMES.find(([fromMs]) => timeline.stepMs >= fromMs)![1];
  const overTime = figure({
    title: 'Events over time',
    caption: 'Gaps and steps mean that logging changed, not people.',
    legend: timeline.series.map(({ name }) => name),
    wide: true,
    plot: histogramPlot({
      label: `Events by ${step}, stacked by type`,
      x: { label: 'time (UTC)', kind: 'time' },
      y: { label: `events a ${step}` },
      edges: timeline.edgesMs,
      series: timeline.series,
      size: PLOT_SIZES.page,
    }),
  });
  const types = table({
    caption: 'Event types',
    rows: eventTypes,
    columns: [
      { title: 'type', cell: ({ name }) => name },
      { title: 'events', number: true, cell: ({ count }) => countText(count) },
      { title: 'share', number: true, cell: ({ count }) => shareText(count / eventCount) },
      { title: 'first', cell: ({ firstMs }) => dayText(firstMs) },
      { title: 'last', cell: ({ lastMs }) => dayText(lastMs) },
      { title: 'mean value', number: true, cell: ({ values }) => quantityText(values.mean) },
      { title: 'least', number: true, cell: ({ values }) => quantityText(values.min) },
      { title: 'median', number: true, cell: ({ values }) => quantityText(values.quantiles[2]) },
      { title: 'greatest', number: true, cell: ({ values }) => quantityText(values.max) },
    ],
  });
  const valued = eventTypes.filter(({ values }) => values.max > values.min);
  const values = valued.map(({ name, values: spread }) =>
    spreadFigure({ title: `Values of ${name}`, spread, of: 'value', what: 'events' }),
  );
  return { title: 'Events', content: [types, figures([overTime, ...values])] };
}

function sideSection(report: DataReport, side: SideReport): Section {
  const attributes = report.attributes.filter((attribute) => attribute.side === side.side);
  const described = attributes.filter(({ presentCount }) => presentCount > 0);
  const one = side.side === 'items' ? 'an item' : 'a user';
  const [one1, ten10] = side.topShares;
  const activity = side.activity
    ? [
        spreadFigure({
          title: `Events of ${one}`,
          caption: `The busiest 1 % hold ${shareText(one1)} of the events, the busiest 10 % ${shareText(ten10)}.`,
          spread: side.activity,
          of: `events of ${one}`,
          what: side.side,
        }),
      ]
    : [];
  return {
    title: side.side === 'items' ? 'Items' : 'Users',
    content: [
      described.length > 0
        ? missingTable(side, attributes)
        : paragraph(`Nothing describes the ${side.side}: they are known from events only.`),
      figures([...activity, ...described.flatMap((attribute) => attributeFigure(attribute) ?? [])]),
    ],
  };
}

function duplicateSection({ duplicates, nearDuplicates, sides }: DataReport): Section {
  const rows: readonly (readonly [what: string, value: string])[] = [
    ...(duplicates
      ? ([
          ['events that repeat another one exactly', shareText(duplicates.exactShare)],
          [
            'events whose user had done the same with the item before',
            shareText(duplicates.repeatedPairShare),
          ],
          [
            'events that share their moment with another of the same user',
            shareText(duplicates.sameMomentShare),
          ],
        ] as const)
      : []),
    ...sides
      .filter(({ rowCount }) => rowCount > 0)
      .flatMap(
        ({ side, repeatedRowCount, changedRowCount }) =>
          [
            [`rows of ${side} that repeat an earlier one`, countText(repeatedRowCount)],
            [`rows of ${side} that change an earlier one`, countText(changedRowCount)],
          ] as const,
      ),
  ];
  const same = table({
    caption: 'The same again',
    rows,
    columns: [
      { title: 'what', cell: ([what]) => what },
      { title: 'how much', number: true, cell: ([, value]) => value },
    ],
  });
  return { title: 'Duplicates', content: [same, ...nearDuplicateParts(nearDuplicates)] };
}

function nearDuplicateParts(report: DataReport['nearDuplicates']): Markup[] {
  if (!report) return [];
  const { attribute, comparedCount, itemCount, groupCount, similarityMin, groups } = report;
  if (groups.length === 0)
    return [
      paragraph(
        `No two of ${countText(comparedCount)} items have nearly the same words in their ${attribute}.`,
      ),
    ];
  const shown = groups.length < groupCount ? `; the largest ${groups.length} are shown` : '';
  const text = paragraph(
    `Of ${countText(comparedCount)} items with a ${attribute} of two words or more, ${countText(itemCount)} are like another one: at least ${shareText(similarityMin)} of their words are the same. They form ${countText(groupCount)} groups${shown}.`,
  );
  return [
    text,
    table({
      caption: 'Nearly the same items',
      rows: groups,
      columns: [
        {
          title: attribute,
          cell: ({ titles }) =>
            titles.map((title, index) => markup`${index > 0 ? markup`<br>` : null}${title}`),
        },
        { title: 'items', cell: ({ itemIds }) => markup`<code>${itemIds.join(', ')}</code>` },
      ],
    }),
  ];
}

function rowSection({ rows, refusedByReason, droppedAttributes }: DataReport): Section {
  const reasons = Object.entries(refusedByReason);
  const read = table({
    caption: 'Rows of the source',
    rows,
    columns: [
      { title: 'kind', cell: ({ kind }) => (kind === 'rows' ? 'unreadable' : kind) },
      { title: 'read', number: true, cell: (row) => countText(row.read) },
      { title: 'kept', number: true, cell: (row) => countText(row.kept) },
      { title: 'repaired', number: true, cell: (row) => countText(row.repaired) },
      { title: 'refused', number: true, cell: (row) => countText(row.refused) },
    ],
  });
  const refused = table({
    caption: 'Why rows were refused',
    rows: reasons,
    columns: [
      { title: 'reason', cell: ([reason]) => reason },
      { title: 'rows', number: true, cell: ([, count]) => countText(count) },
    ],
  });
  return {
    title: 'Rows read',
    content: [
      read,
      ...(reasons.length > 0 ? [refused] : []),
      ...(droppedAttributes.length > 0
        ? [paragraph(`Left out, because winnow.yaml does not name them: ${droppedAttributes.join(', ')}.`)]
        : []),
    ],
  };
}
