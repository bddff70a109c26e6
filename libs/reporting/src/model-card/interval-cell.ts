import type { MeanWithInterval } from '@winnow/evaluation';
import { type Markup, markup } from '../markup/markup';
import { metricText } from '../quantities';

/** A mean with its interval beneath, small; a dash where there is none. */
export const intervalCell = ({ mean, low, high, count }: MeanWithInterval): Markup =>
  count === 0
    ? markup`–`
    : markup`${metricText(mean)}<br><span class="interval">${metricText(low)} – ${metricText(high)}</span>`;
