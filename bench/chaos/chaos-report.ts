import type { Victim } from './kill-plan';
import type { RetrainingCounts } from './retrainings';

export interface Promised {
  readonly promise: string;
  readonly kept: boolean;
  readonly detail: string;
}

/** Acknowledged and not in the log. */
export interface Loss {
  readonly count: number;
  /** How long before the death of Redis the oldest of them had been acknowledged. */
  readonly windowMs: number;
}

/** What a run printed, as data. */
export interface ChaosReport {
  readonly machine: string;
  readonly seed: number;
  readonly eventCount: number;
  readonly appendFsync: 'always' | 'everysec';
  readonly powerCut: boolean;
  /** What power cuts took from the append-only file. */
  readonly cutBytes: number;
  readonly kills: Readonly<Partial<Record<Victim, number>>>;
  readonly acknowledgedCount: number;
  readonly loggedCount: number;
  readonly loss: Loss;
  /** Rows of the log beyond one for each event: deliveries that came again and count once. */
  readonly repeatedDeliveries: number;
  readonly mismatchCount: number;
  /** Null without a power cut. */
  readonly mismatchesBeforeRebuild: number | null;
  readonly acknowledgementP50Ms: number;
  readonly acknowledgementP99Ms: number;
  readonly longestWaitMs: number;
  readonly eventsPerSecond: number;
  readonly trackingMs: number;
  readonly drainMs: number;
  /** Calls that were not acknowledged and were made again, by status. */
  readonly failedCalls: Readonly<Record<string, number>>;
  readonly retraining: RetrainingCounts | null;
  readonly promises: readonly Promised[];
  readonly kept: boolean;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';

/** The report for people. */
export function renderChaosReport(report: ChaosReport): string {
  const { loss, retraining } = report;
  const fields: [string, string][] = [
    ['machine', report.machine],
    ['seed', String(report.seed)],
    ['Redis', `appendfsync ${report.appendFsync}${report.powerCut ? ', power cuts' : ''}`],
    [
      'events',
      `${report.eventCount}, ${Math.round(report.eventsPerSecond)}/s over ${seconds(report.trackingMs)}`,
    ],
    ['kills', countsText(report.kills)],
    ['acknowledged', String(report.acknowledgedCount)],
    [
      'in the log',
      `${report.loggedCount}, and ${report.repeatedDeliveries} repeated deliveries that count once`,
    ],
    [
      'lost',
      loss.count === 0 ? '0' : `${loss.count}, acknowledged at most ${loss.windowMs.toFixed(0)} ms before`,
    ],
    ['mismatches', String(report.mismatchCount)],
    [
      'acknowledgement',
      `p50 ${report.acknowledgementP50Ms.toFixed(1)} ms, p99 ${report.acknowledgementP99Ms.toFixed(1)} ms a batch; longest wait, outages included, ${seconds(report.longestWaitMs)}`,
    ],
    ['calls made again', countsText(report.failedCalls)],
    ['at rest after', seconds(report.drainMs)],
  ];
  if (report.powerCut)
    fields.push(
      ['cut from the AOF', `${report.cutBytes} bytes`],
      ['before a rebuild', `${report.mismatchesBeforeRebuild} mismatches`],
    );
  if (retraining)
    fields.push(['retraining', `${retraining.publishedRuns} runs, ${retraining.releaseCount} releases`]);
  const width = Math.max(...fields.map(([name]) => name.length)) + 2;
  return [
    ...fields.map(([name, text]) => `${name.padEnd(width)}${text}`),
    '',
    ...report.promises.map(
      ({ promise, kept, detail }) => `${kept ? 'kept  ' : 'BROKEN'}  ${promise}: ${detail}`,
    ),
  ].join('\n');
}
