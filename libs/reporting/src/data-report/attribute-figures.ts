import type { Markup } from '../markup/markup';
import { figure, table } from '../page/parts';
import { barPlot } from '../plots/bar-plot';
import { countText, quantityText, shareText } from '../quantities';
import type { AttributeReport, AttributeSpread, SideReport } from './data-report';
import { spreadFigure } from './spread-figure';

/** Bars beyond this many are read by nobody. */
const BAR_COUNT_MAX = 12;

/** What is there and what is missing, one line an attribute. */
export const missingTable = (
  { side, rowCount }: SideReport,
  attributes: readonly AttributeReport[],
): Markup =>
  table({
    caption: `Attributes of ${side}, over ${countText(rowCount)} rows`,
    rows: attributes,
    columns: [
      { title: 'attribute', cell: ({ name }) => name },
      { title: 'type', cell: ({ type }) => type },
      { title: 'present', number: true, cell: ({ presentCount }) => countText(presentCount) },
      {
        title: 'missing',
        number: true,
        cell: ({ presentCount, missingCount }) =>
          shareText(missingCount / Math.max(1, presentCount + missingCount)),
      },
      { title: 'distinct', number: true, cell: ({ spread }) => distinctText(spread) },
      { title: 'in short', cell: ({ spread }) => inShort(spread) },
    ],
  });

function distinctText(spread: AttributeSpread | null): string {
  if (spread?.kind !== 'values' && spread?.kind !== 'text') return '';
  return `${spread.estimated ? '≈ ' : ''}${countText(spread.distinctCount)}`;
}

function inShort(spread: AttributeSpread | null): string {
  if (!spread) return 'no row has it';
  if (spread.kind === 'values') {
    const most = spread.top.slice(0, 3).map(({ value }) => value);
    return `most often ${most.join(', ')}`;
  }
  if (spread.kind === 'text') return `${quantityText(Number(spread.words.mean.toFixed(1)))} words on average`;
  if (spread.kind === 'vectors') return `length ${quantityText(spread.norms.mean)} on average`;
  return spread.kind === 'numbers' ? `mean ${quantityText(spread.spread.mean)}` : '';
}

/** The picture of an attribute's values; null when no record has it. */
export function attributeFigure({ name, side, spread }: AttributeReport): Markup | null {
  if (!spread) return null;
  switch (spread.kind) {
    case 'values':
      return valueFigure(name, side, spread);
    case 'numbers':
    case 'times':
      return spreadFigure({
        title: name,
        spread: spread.spread,
        of: spread.kind === 'times' ? `${name} (UTC)` : name,
        what: side,
        times: spread.kind === 'times',
      });
    case 'text':
      return spreadFigure({ title: `${name}: words`, spread: spread.words, of: 'words', what: side });
    case 'vectors':
      return spreadFigure({
        title: `${name}: length of the vector`,
        spread: spread.norms,
        of: 'length',
        what: side,
      });
  }
}

function valueFigure(
  name: string,
  side: string,
  spread: Extract<AttributeSpread, { kind: 'values' }>,
): Markup {
  const { top, distinctCount, perRecord, countErrorMax } = spread;
  const shown = top.slice(0, BAR_COUNT_MAX);
  const facts = [
    shown.length < distinctCount
      ? `The ${shown.length} most frequent of ${distinctText(spread)} values.`
      : '',
    perRecord ? `${quantityText(Number(perRecord.mean.toFixed(1)))} values on average.` : '',
    countErrorMax > 0 ? `Counts may be too low by up to ${countText(countErrorMax)}.` : '',
  ];
  return figure({
    title: name,
    caption: facts.filter(Boolean).join(' ') || undefined,
    plot: barPlot({
      label: `Most frequent values of ${name}`,
      value: { label: side, format: countOrShort },
      series: [side],
      bars: shown.map(({ value, count }) => ({ label: value, values: [{ value: count }] })),
    }),
  });
}

const countOrShort = (count: number): string => (count >= 100_000 ? quantityText(count) : countText(count));
