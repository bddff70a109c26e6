import type { recommenderV1 } from '@winnow/contracts';
import { durationText } from './quantities';
import { type Column, renderTable } from './table';

type Item = recommenderV1.RecommendedItem;

const TITLE_WIDTH = 46;
const WHY_WIDTH = 64;

export interface SlateTextOptions {
  readonly titleAttribute: string;
  readonly explain: boolean;
  readonly elapsedMs: number;
}

/** A slate as a person likes to read it; with `explain`, what each stage thought of each item, and the funnel's counts. */
export function renderSlate(
  reply: recommenderV1.RecommendResponse,
  { titleAttribute, explain, elapsedMs }: SlateTextOptions,
): string {
  if (reply.items.length === 0) return [emptyReason(reply), degradedText(reply)].filter(Boolean).join('\n\n');
  const columns: Column<Item>[] = [
    { title: '#', align: 'right', cell: (item) => item.position + 1 },
    { title: 'title', widthMax: TITLE_WIDTH, cell: (item) => titleOf(item, titleAttribute) },
    { title: 'item', widthMax: 24, cell: (item) => item.itemId },
    { title: 'score', align: 'right', cell: (item) => item.score.toFixed(4) },
    ...(explain ? explanationColumns(reply.items) : []),
    { title: 'why', widthMax: WHY_WIDTH, cell: whyOf },
  ];
  const parts = [
    renderTable(columns, reply.items),
    explain ? funnelText(reply) : '',
    degradedText(reply),
    missingText(reply),
    `release ${reply.release || 'none'}, slate ${reply.slateId || 'not logged'}, answered in ${durationText(elapsedMs)}`,
  ];
  return parts.filter(Boolean).join('\n\n');
}

/** The title, or where the catalogue has none the id. */
export function titleOf(item: Item, titleAttribute: string): string {
  const attributes = (item.attributes ?? {}) as Record<string, unknown>;
  const title = attributes[titleAttribute];
  return typeof title === 'string' && title !== '' ? title : item.itemId;
}

/** The reasons of the server; without any, the sources that found the item. */
function whyOf(item: Item): string {
  if (item.reasons.length > 0) return item.reasons.join('; ');
  return item.sources.map(({ source, rank }) => `${source} #${rank + 1}`).join(', ');
}

/** One column per stage score and per head, in the order of the first item that has them. */
function explanationColumns(items: readonly Item[]): readonly Column<Item>[] {
  const stages = [...new Set(items.flatMap((item) => item.stageScores.map(({ stage }) => stage)))];
  const heads = [...new Set(items.flatMap((item) => item.heads.map(({ head }) => head)))];
  return [
    {
      title: 'sources',
      widthMax: 40,
      cell: (item) => item.sources.map(({ source, rank }) => `${source} #${rank + 1}`).join(' '),
    },
    ...stages.map((stage): Column<Item> => ({
      title: stage,
      align: 'right',
      cell: (item) => fixed(item.stageScores.find((score) => score.stage === stage)?.score),
    })),
    ...heads.map((head): Column<Item> => ({
      title: `P(${head})`,
      align: 'right',
      cell: (item) => fixed(item.heads.find((prediction) => prediction.head === head)?.value),
    })),
  ];
}

const fixed = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3));

function funnelText(reply: recommenderV1.RecommendResponse): string {
  return renderTable(
    [
      { title: 'stage', cell: ({ stage }) => stage },
      { title: 'in', align: 'right', cell: ({ countIn }) => countIn },
      { title: 'out', align: 'right', cell: ({ countOut }) => countOut },
      { title: 'ms', align: 'right', cell: ({ durationMs }) => durationMs.toFixed(1) },
    ],
    reply.timings,
  );
}

const degradedText = ({ degraded }: recommenderV1.RecommendResponse): string =>
  degraded.length === 0
    ? ''
    : `degraded:\n${degraded.map(({ component, kind, reason }) => `  ${component} (${kind}): ${reason}`).join('\n')}`;

const missingText = ({ missingItemIds }: recommenderV1.RecommendResponse): string =>
  missingItemIds.length === 0 ? '' : `not in the catalogue: ${missingItemIds.join(', ')}`;

const emptyReason = ({ release }: recommenderV1.RecommendResponse): string =>
  release
    ? 'the slate is empty: nothing passed the filters'
    : 'the slate is empty: there is no release yet; make one with: npx winnow train';
