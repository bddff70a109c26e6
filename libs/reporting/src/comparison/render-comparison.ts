import type { ComparisonPart, ComparisonReport, ProtocolName } from '@winnow/evaluation';
import { markup } from '../markup/markup';
import { figures, notes, paragraph, table, tiles } from '../page/parts';
import { renderPage, type Section } from '../page/page';
import { countOf, countText, quantityText } from '../quantities';
import { calibrationFigure, learningFigures, popularityFigure, sliceParts } from './comparison-figures';
import { costTable, headlineFigure, metricTables } from './metric-tables';

const PROTOCOL_TITLES: Readonly<Record<ProtocolName, string>> = {
  gt: 'global time',
  loo: 'last item out',
  folds: 'folds',
  gowalla: 'published split',
};

/** Models side by side as one HTML file: what `winnow evaluate --protocol … --html` writes. */
export function renderComparison(report: ComparisonReport): string {
  const { data, protocol, seeds, parts, durationMs } = report;
  const names = new Set(parts.flatMap(({ models }) => models.map(({ name }) => name)));
  return renderPage({
    title: `Evaluation: ${data}, ${PROTOCOL_TITLES[protocol]}`,
    lead: markup`${countOf(names.size, 'model')} on the same split, with ${countOf(seeds.length, 'seed')} (${seeds.join(', ')}). Compare figures only within one protocol.`,
    summary: [
      tiles([
        { name: 'data', value: data },
        { name: 'protocol', value: protocol, detail: PROTOCOL_TITLES[protocol] },
        { name: 'models', value: countText(names.size) },
        { name: 'seeds', value: countText(seeds.length) },
        { name: 'took', value: durationText(durationMs) },
      ]),
    ],
    sections: parts.flatMap((part) => partSections(part, parts.length > 1)),
    footer:
      'Written by winnow evaluate. Settings were chosen on the validation part before the test part was looked at. Bold is the best of its column.',
  });
}

const durationText = (milliseconds: number): string =>
  milliseconds < 120_000
    ? `${quantityText(Number((milliseconds / 1000).toPrecision(3)))} s`
    : `${quantityText(Number((milliseconds / 60_000).toPrecision(3)))} min`;

function partSections(part: ComparisonPart, several: boolean): Section[] {
  const of = several ? ` (${part.task})` : '';
  const k = Math.max(
    0,
    ...part.models.flatMap(({ runs }) =>
      runs.flatMap(({ userSlices }) => userSlices.map((slice) => slice.k)),
    ),
    ...part.ks,
  );
  const pictures = [headlineFigure(part), ...popularityFigure(part, k), ...calibrationFigure(part)];
  const slices = sliceParts(part);
  const learning = learningFigures(part);
  return [
    {
      title: `Comparison${of}`,
      content: [
        paragraph(sentence(part.question)),
        factTable(part),
        ...skippedNotes(part),
        ...metricTables(part),
        figures(pictures),
      ],
    },
    ...(slices.length > 0 ? [{ title: `Slices${of}`, content: slices }] : []),
    ...(learning.length > 0 ? [{ title: `Training${of}`, content: [figures(learning)] }] : []),
    { title: `Cost and settings${of}`, content: [costTable(part)] },
  ];
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;

const factTable = ({ facts }: ComparisonPart) =>
  table({
    caption: 'What the figures are about',
    rows: facts,
    columns: [
      { title: 'what', cell: ({ name }) => name },
      {
        title: 'how much',
        number: true,
        cell: ({ value }) => (Number.isInteger(value) ? countText(value) : quantityText(value)),
      },
    ],
  });

const skippedNotes = ({ skipped }: ComparisonPart) =>
  skipped.length === 0
    ? []
    : [
        notes(
          skipped.map(({ name, reason }) => ({
            tone: 'note' as const,
            title: `${name} is not in the table.`,
            text: reason,
          })),
        ),
      ];
