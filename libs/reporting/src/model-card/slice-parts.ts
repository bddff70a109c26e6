import type { Markup } from '../markup/markup';
import { figure, figures, table } from '../page/parts';
import { barPlot } from '../plots/bar-plot';
import { countText, metricText, shareText } from '../quantities';
import { intervalCell } from './interval-cell';
import type { ItemSlice, UserSlice } from './model-card';

/** Bars beyond this many are read by nobody; the table has them all. */
const BAR_COUNT_MAX = 14;

const ratioText = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '–');

/** Recall of groups of users, as bars with intervals and as a table. */
export function userSliceParts({ by, groups, parity }: UserSlice): Markup[] {
  return [
    figures([
      figure({
        title: `Recall@20 by ${by}`,
        caption: `Least over greatest: ${ratioText(parity)}. Whiskers are 95 % intervals.`,
        plot: barPlot({
          label: `Recall at 20 by ${by}`,
          value: { label: 'recall@20' },
          valueText: metricText,
          series: ['recall@20'],
          bars: groups.slice(0, BAR_COUNT_MAX).map(({ name, recall }) => ({
            label: name,
            values: [{ value: recall.mean, low: recall.low, high: recall.high }],
          })),
        }),
      }),
      table({
        caption: `Users by ${by}`,
        rows: groups,
        columns: [
          { title: by, cell: ({ name }) => name },
          { title: 'users', number: true, cell: ({ userCount }) => countText(userCount) },
          { title: 'recall@20', number: true, cell: ({ recall }) => intervalCell(recall) },
          { title: 'NDCG@20', number: true, cell: ({ ndcg }) => intervalCell(ndcg) },
        ],
      }),
    ]),
  ];
}

/** Exposure of groups of items beside what chance and people's choices would give them. */
export function itemSliceParts({ by, groups, parity }: ItemSlice): Markup[] {
  return [
    figures([
      figure({
        title: `Exposure by ${by}`,
        caption: `Share of attention in the first 20 places, beside the group's share of what people turned to. Least ratio of the two over greatest: ${ratioText(parity)}.`,
        legend: ['exposure', 'turned to'],
        plot: barPlot({
          label: `Exposure and held-out interactions by ${by}`,
          value: { label: 'share', format: shareText },
          series: ['exposure', 'turned to'],
          bars: groups.slice(0, BAR_COUNT_MAX).map(({ name, exposureShare, relevantShare }) => ({
            label: name,
            values: [{ value: exposureShare }, { value: relevantShare }],
          })),
        }),
      }),
      figure({
        title: `Parity by ${by}`,
        caption:
          'Exposure divided by what people turned to: 1 is parity, less is a group that is shown too little.',
        plot: barPlot({
          label: `Exposure over held-out interactions by ${by}`,
          value: { label: 'exposure ÷ turned to' },
          valueText: ratioText,
          series: ['ratio'],
          reference: { value: 1, grow: true },
          bars: groups
            .slice(0, BAR_COUNT_MAX)
            .map(({ name, meritRatio }) => ({ label: name, values: [{ value: meritRatio }] })),
        }),
      }),
    ]),
    table({
      caption: `Items by ${by}`,
      rows: groups,
      columns: [
        { title: by, cell: ({ name }) => name },
        { title: 'catalogue', number: true, cell: ({ catalogueShare }) => shareText(catalogueShare) },
        { title: 'turned to', number: true, cell: ({ relevantShare }) => shareText(relevantShare) },
        { title: 'exposure', number: true, cell: ({ exposureShare }) => shareText(exposureShare) },
        { title: 'exposure ÷ turned to', number: true, cell: ({ meritRatio }) => ratioText(meritRatio) },
        { title: 'exposure ÷ catalogue', number: true, cell: ({ chanceRatio }) => ratioText(chanceRatio) },
        { title: 'recall@20', number: true, cell: ({ recall }) => metricText(recall) },
      ],
    }),
  ];
}
