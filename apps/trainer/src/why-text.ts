import type { ItemFate } from '@winnow/funnel';

/** Every stage's verdict on one item in one request. */
export interface Why extends Pick<ItemFate, 'foundBy' | 'ranked' | 'loss' | 'position'> {
  readonly userId: string;
  readonly itemId: string;
  readonly title: string;
  readonly surface: string;
  readonly release: string;
  readonly k: number;
  readonly atMs: number;
  /** Interactions of the user before that moment. */
  readonly historyCount: number;
  readonly isSeen: boolean;
  readonly isAvailable: boolean;
  /** How much each source brought. */
  readonly sources: readonly { readonly source: string; readonly count: number }[];
  readonly heads: readonly string[];
  /** The worst item of the slate; null for an empty one. */
  readonly lastShown: { readonly title: string; readonly score: number } | null;
}

const NAME_WIDTH = 14;

const line = (stage: string, text: string): string => `  ${stage.padEnd(NAME_WIDTH)}${text}`;

/** The verdict in a sentence, then the stages in order. */
export function whyText(why: Why): string {
  const { title, itemId, userId, surface, atMs, release, historyCount } = why;
  return [
    `${title} (${itemId}) for ${userId} on ${surface}, as of ${new Date(atMs).toISOString()}: ${verdict(why)}`,
    '',
    line('user', historyCount === 0 ? 'no history' : `${historyCount} interactions before`),
    line('retrieve', retrieval(why)),
    ...(why.loss?.at === 'filter' ? [line('filter', `removed by ${why.loss.component}`)] : []),
    ...rankings(why),
    '',
    `release ${release}; ${why.sources.map(({ source, count }) => `${source} brought ${count}`).join(', ')}`,
  ].join('\n');
}

function verdict({ loss, position, k, isSeen, isAvailable }: Why): string {
  if (!loss) return `shown, at position ${position}`;
  switch (loss.at) {
    case 'retrieval':
      if (isSeen) return 'not shown: the user has had it, so no source looks for it';
      return isAvailable ? 'not shown: no source found it' : 'not shown: it is not available';
    case 'filter':
      return `not shown: the filter ${loss.component} removed it`;
    case 'cut':
      return `not shown: #${loss.rank} after ${loss.component}, of which ${loss.keptCount} go on`;
    case 'ranking':
      return `not shown: #${loss.rank} by ${loss.component}, the first ${k} are shown`;
    case 'reranking':
      return `not shown: ${loss.component} put it at #${loss.rank}, behind others`;
  }
}

const retrieval = ({ foundBy }: Why): string =>
  foundBy.length === 0
    ? 'found by no source'
    : `found by ${foundBy.map(({ source, rank }) => `${source} #${rank}`).join(', ')}`;

function rankings({ ranked, heads, lastShown }: Why): string[] {
  return ranked.map(({ component, rank, outOf, score, headValues }) => {
    const predictions = headValues.map((value, index) => `${heads[index]} ${value.toFixed(3)}`).join(', ');
    const bar = lastShown
      ? `; the last one shown, ${lastShown.title}, has ${lastShown.score.toFixed(4)}`
      : '';
    return line(
      component,
      `#${rank} of ${outOf}, score ${score.toFixed(4)}${predictions ? ` (${predictions})${bar}` : ''}`,
    );
  });
}
