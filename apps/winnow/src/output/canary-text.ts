import type { CanaryDifference, CanaryReport } from '@winnow/domain';
import { countText, shareText, timeText } from './quantities';

/** What is known of a release as a canary, for a terminal. */
export function renderCanary(report: CanaryReport): string {
  const { state, reason, sinceMs, lookedAtMs, groups, sampleRatio, value, degradedShare, current } = report;
  const { canary, current: beside } = groups;
  return [
    `canary since ${timeText(sinceMs)} beside ${current}, ${state}: ${reason}`,
    `  looked at ${timeText(lookedAtMs)}: ${countText(canary.userCount)} users beside ${countText(beside.userCount)}` +
      ` (split ${sampleRatio.sound ? 'sound' : 'BROKEN'}, p ${sampleRatio.pValue.toPrecision(2)}), ` +
      `${canary.canarySlateShare === null ? 'none' : shareText(canary.canarySlateShare)} of their slates by the canary`,
    `  value per user: ${differenceText(value, (one) => one.toPrecision(4))}`,
    `  degraded slates: ${differenceText(degradedShare, shareText)}`,
  ].join('\n');
}

function differenceText(
  { current, canary, difference, interval, anyLook }: CanaryDifference,
  text: (value: number) => string,
): string {
  if (current === null || canary === null || difference === null) return 'not known yet';
  const between = (label: string, bounds: typeof interval): string[] =>
    bounds === null ? [] : [`${label} ${text(bounds.low)} to ${text(bounds.high)}`];
  const intervals = [...between('one look', interval), ...between('any look', anyLook)].join(', ');
  return `${text(current)} and ${text(canary)}, difference ${text(difference)}${intervals ? ` (${intervals})` : ''}`;
}
