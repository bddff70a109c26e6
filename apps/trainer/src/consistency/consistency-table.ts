import type { FeatureAgreementRow } from '@winnow/features';
import type { Skipped } from './recompute-features';

/** What a consistency check found. */
export interface ConsistencyReport {
  readonly slateCount: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly tolerance: number;
  /** Share of all values that agree. */
  readonly share: number;
  /** Below this, a feature is inconsistent. */
  readonly shareMin: number;
  readonly inconsistent: readonly string[];
  readonly features: readonly FeatureAgreementRow[];
}

export function consistencyReport(options: {
  readonly slateCount: number;
  readonly skipped: Skipped;
  readonly tolerance: number;
  readonly shareMin: number;
  readonly features: readonly FeatureAgreementRow[];
}): ConsistencyReport {
  const { skipped, features, shareMin } = options;
  const sum = (of: 'comparedCount' | 'agreedCount'): number =>
    features.reduce((all, row) => all + row[of], 0);
  return {
    ...options,
    skipped: Object.fromEntries(skipped),
    share: features.length === 0 ? 0 : sum('agreedCount') / sum('comparedCount'),
    inconsistent: features.filter(({ share }) => share < shareMin).map(({ feature }) => feature),
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(3)} %`;
const short = (value: number): string => String(Number(value.toPrecision(6)));

/** One line a feature, and under the table the first example of each that differs. */
export function consistencyText(report: ConsistencyReport): string {
  const { slateCount, skipped, tolerance, share, shareMin, inconsistent, features } = report;
  const width = Math.max(7, ...features.map(({ feature }) => feature.length));
  const line = (...[feature, ...cells]: string[]): string =>
    `${feature.padEnd(width)}  ${cells.map((cell) => cell.padStart(12)).join('  ')}`;
  const examples = features.flatMap(({ feature, first }) =>
    first
      ? [
          `${feature}: slate ${first.slateId}, item ${first.ordinal}: served ${short(first.served)}, recomputed ${short(first.recomputed)}`,
        ]
      : [],
  );
  const verdict =
    inconsistent.length === 0
      ? `consistent: ${percent(share)} of all values agree, every feature at least ${percent(shareMin)}`
      : `INCONSISTENT: ${inconsistent.join(', ')} below ${percent(shareMin)}; ${percent(share)} of all values agree`;
  return [
    `${slateCount} slates, features as served against the event log, tolerance ${tolerance}`,
    ...Object.entries(skipped).map(([reason, count]) => `not compared: ${count} slates, ${reason}`),
    '',
    line('feature', 'values', 'agree', 'share', 'largest gap'),
    ...features.map(({ feature, comparedCount, agreedCount, share: ofFeature, differenceMax }) =>
      line(feature, String(comparedCount), String(agreedCount), percent(ofFeature), short(differenceMax)),
    ),
    ...(examples.length > 0 ? ['', 'the first value of each feature that differs', ...examples] : []),
    '',
    verdict,
  ].join('\n');
}
