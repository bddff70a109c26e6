import { timeText } from '../output/quantities';
import { renderTable } from '../output/table';
import type { Contribution, ItemExplanation } from './item-explanation';

const NAME_WIDTH = 56;
const BAR_WIDTH = 16;
/** An explanation that leaves more of the change unexplained than this is called incomplete. */
const GAP_SHARE_MAX = 0.05;

export interface ExplanationTextOptions {
  /** Contributions and history items shown; what is left is summed up in a line. */
  readonly top: number;
}

/** An explanation as tables: heads and weights, contributions, nearest history. */
export function renderExplanation(explanation: ItemExplanation, { top }: ExplanationTextOptions): string {
  const { title, itemId, userId, release, score, baselineScore } = explanation;
  return [
    `${title} (${itemId}) for ${userId}: heavy score ${score.toFixed(4)}, release ${release}`,
    headTable(explanation),
    contributionTable(explanation, top),
    completenessText(explanation),
    `The baseline, ${baselineScore.toFixed(4)}, is an average item with average features, for a user of whom nothing is known.`,
    historyTable(explanation, top),
  ].join('\n\n');
}

const headTable = ({ heads }: ItemExplanation): string =>
  renderTable(
    [
      { title: 'head', cell: ({ head }) => head },
      { title: 'predicted', align: 'right', cell: ({ value }) => value.toFixed(4) },
      { title: 'baseline', align: 'right', cell: ({ baselineValue }) => baselineValue.toFixed(4) },
      { title: 'weight', align: 'right', cell: ({ weight }) => weight },
      { title: 'in the score', align: 'right', cell: ({ value, weight }) => (value * weight).toFixed(4) },
    ],
    heads,
  );

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;

/** Length by size, so that the eye finds what matters. */
function bar(contribution: number, greatest: number): string {
  const length = greatest === 0 ? 0 : Math.round((BAR_WIDTH * Math.abs(contribution)) / greatest);
  return (contribution < 0 ? '░' : '█').repeat(length);
}

function contributionTable({ contributions }: ItemExplanation, top: number): string {
  const shown = contributions.slice(0, top);
  const rest = contributions.slice(top);
  const others: Contribution = {
    of: 'feature',
    name: `${rest.length} more`,
    meaning: null,
    value: null,
    contribution: rest.reduce((sum, { contribution }) => sum + contribution, 0),
  };
  const rows = rest.length > 0 ? [...shown, others] : shown;
  const greatest = Math.max(...rows.map(({ contribution }) => Math.abs(contribution)));
  return renderTable(
    [
      { title: 'what', cell: (row) => (row === others ? '…' : row.of) },
      { title: 'name', widthMax: NAME_WIDTH, cell: ({ name }) => name },
      { title: 'value', align: 'right', cell: ({ value }) => (value === null ? '' : value.toFixed(3)) },
      { title: 'adds', align: 'right', cell: ({ contribution }) => signed(contribution) },
      { title: '', cell: ({ contribution }) => bar(contribution, greatest) },
      { title: 'it says', cell: ({ meaning }) => meaning ?? '' },
    ],
    rows,
  );
}

function completenessText({ score, baselineScore, contributions, completeness }: ItemExplanation): string {
  const explained = contributions.reduce((sum, { contribution }) => sum + contribution, 0);
  const { gap, gapShare, stepCount } = completeness;
  const verdict = gapShare <= GAP_SHARE_MAX ? 'complete' : 'NOT complete, read it with care';
  return `${verdict}: baseline ${baselineScore.toFixed(4)} ${signed(explained)} ${signed(gap)} gap = ${score.toFixed(4)} (gap ${(100 * gapShare).toFixed(2)} % of the change, ${stepCount} steps)`;
}

function historyTable({ nearestHistory, historyCount }: ItemExplanation, top: number): string {
  if (historyCount === 0) return 'The user has no history: the score rests on the item and its features.';
  return renderTable(
    [
      { title: 'nearest in the history', widthMax: NAME_WIDTH, cell: ({ title }) => title },
      { title: 'event', cell: ({ event }) => event },
      { title: 'when', cell: ({ timeMs }) => timeText(timeMs) },
      {
        title: 'similarity',
        align: 'right',
        cell: ({ similarity }) => (similarity === null ? '–' : similarity.toFixed(3)),
      },
      { title: 'adds', align: 'right', cell: ({ contribution }) => signed(contribution) },
    ],
    nearestHistory.slice(0, top),
  );
}
