import type { AttributeReport, DataReport, SideReport } from '@winnow/reporting';
import { countText } from '../output/quantities';
import { renderTable } from '../output/table';

/** So that the whole stays on one screen. */
const ATTRIBUTES_SHOWN = 8;
const WARNINGS_SHOWN = 5;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A data report on one screen: who is active, what is missing, what to look at, and where the rest is. */
export function renderDataSummary(report: DataReport, path: string): string {
  const { sides, attributes, warnings } = report;
  const shownAttributes = attributes.slice(0, ATTRIBUTES_SHOWN);
  const shownWarnings = warnings.slice(0, WARNINGS_SHOWN);
  const more = (all: number, shown: number, what: string): string[] =>
    all > shown ? [`… and ${all - shown} more ${what}`] : [];
  const active = sides.filter(({ activeCount }) => activeCount > 0);
  return [
    ...(active.length > 0 ? [sideTable(active), ''] : []),
    ...(shownAttributes.length > 0 ? [attributeTable(shownAttributes)] : []),
    ...more(attributes.length, shownAttributes.length, 'attributes'),
    ...(shownAttributes.length > 0 ? [''] : []),
    ...(warnings.length === 0 ? ['nothing odd was found'] : []),
    ...shownWarnings.map(({ tone, title, text }) => `${tone === 'bad' ? '!!' : ' ·'} ${title} ${text}`),
    ...more(warnings.length, shownWarnings.length, 'things to look at'),
    `data report: ${path}`,
  ].join('\n');
}

const sideTable = (sides: readonly SideReport[]): string =>
  renderTable(
    [
      { title: 'activity', cell: ({ side }) => side },
      { title: 'with events', align: 'right', cell: ({ activeCount }) => countText(activeCount) },
      {
        title: 'not described',
        align: 'right',
        cell: (side) => (side.rowCount > 0 ? countText(side.unlistedCount) : '–'),
      },
      {
        title: 'median events',
        align: 'right',
        cell: ({ activity }) => countText(activity?.quantiles[2] ?? 0),
      },
      { title: 'most', align: 'right', cell: ({ activity }) => countText(activity?.max ?? 0) },
      { title: 'held by top 10 %', align: 'right', cell: ({ topShares }) => percent(topShares[1]) },
    ],
    sides,
  );

const attributeTable = (attributes: readonly AttributeReport[]): string =>
  renderTable(
    [
      { title: 'attribute', cell: ({ side, name }) => `${side}.${name}` },
      { title: 'type', cell: ({ type }) => type },
      {
        title: 'missing',
        align: 'right',
        cell: ({ presentCount, missingCount }) =>
          percent(missingCount / Math.max(1, presentCount + missingCount)),
      },
      { title: 'values', widthMax: 60, cell: valuesText },
    ],
    attributes,
  );

function valuesText({ spread }: AttributeReport): string {
  if (!spread) return '';
  switch (spread.kind) {
    case 'values':
      return `${countText(spread.distinctCount)} distinct: ${spread.top
        .slice(0, 4)
        .map(({ value }) => value)
        .join(', ')}`;
    case 'text':
      return `${countText(spread.distinctCount)} distinct`;
    case 'times':
      return [spread.spread.min, spread.spread.max]
        .map((timeMs) => new Date(timeMs).toISOString().slice(0, 10))
        .join(' to ');
    case 'numbers':
      return `${spread.spread.min} to ${spread.spread.max}, median ${spread.spread.quantiles[2]}`;
    case 'vectors':
      return `length ${spread.norms.mean.toFixed(2)} on average`;
  }
}
