import { DEFAULT_CANARY, releaseVersion, type CanaryReport } from '@winnow/domain';

/** A report of a canary under way, as a look at few users leaves it. */
export const sampleCanaryReport = (version: string, overrides: Partial<CanaryReport> = {}): CanaryReport => ({
  formatVersion: 1,
  version: releaseVersion(version),
  current: releaseVersion('20260101T000000Z-aaaaaa'),
  ...{
    sinceMs: 1_000,
    lookedAtMs: 2_000,
    state: 'running',
    reason: '3 users of the canary beside 30, 100 needed',
  },
  settings: DEFAULT_CANARY,
  groups: {
    current: { userCount: 30, slateCount: 60, canarySlateShare: 0 },
    canary: { userCount: 3, slateCount: 6, canarySlateShare: 1 },
  },
  sampleRatio: { pValue: 0.86, sound: true },
  value: { current: 1.5, canary: 1.25, difference: -0.25, interval: { low: -1, high: 0.5 }, anyLook: null },
  degradedShare: {
    current: 0,
    canary: 0,
    difference: 0,
    interval: { low: 0, high: 0 },
    anyLook: { low: 0, high: 0 },
  },
  ...overrides,
});
