import { type Markup, markup } from '../markup/markup';
import { table } from '../page/parts';
import { metricText } from '../quantities';
import type { GateCheck } from './gate-report';

const OUTCOMES: Readonly<Record<GateCheck['outcome'], string>> = {
  passed: '✓ passed',
  failed: '✗ failed',
  unmeasured: '– not measured',
  off: '– off',
};

const BOUNDS: Readonly<Record<GateCheck['bound'], string>> = {
  above: 'above',
  'at-least': 'at least',
  'at-most': 'at most',
};

const measuredCell = ({ measured, interval }: GateCheck): Markup => {
  if (measured === null) return markup`–`;
  if (!interval) return markup`${metricText(measured)}`;
  return markup`${metricText(measured)}<br><span class="interval">${metricText(interval.low)} – ${metricText(interval.high)}</span>`;
};

/** What a release had to reach, what it reached, and what was said of it. */
export const checkTable = (
  checks: readonly GateCheck[],
  caption = 'What the release had to reach to serve',
): Markup =>
  table({
    caption,
    rows: checks,
    columns: [
      { title: 'condition', cell: ({ name }) => name },
      { title: 'measured', number: true, cell: measuredCell },
      {
        title: 'required',
        number: true,
        cell: ({ required, bound }) => (required === null ? '–' : `${BOUNDS[bound]} ${metricText(required)}`),
      },
      { title: 'verdict', cell: ({ outcome }) => OUTCOMES[outcome] },
      { title: 'why', cell: ({ says }) => says },
    ],
  });
