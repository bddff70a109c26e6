import { availableParallelism, cpus } from 'node:os';
import type { ChaosReport, Loss, Promised } from './chaos-report';
import type { RedisDeath } from './chaos-redis';
import { quantile } from '../../apps/winnow/src/load/latency';
import type { Victim } from './kill-plan';
import type { Recount } from './recount';
import type { RetrainingCounts } from './retrainings';
import type { ChaosOptions, Drain } from './run-chaos';
import type { Tracker } from './tracker';
import type { Workload } from './workload';

/** All that a run saw. */
export interface ChaosEvidence {
  readonly options: ChaosOptions;
  readonly workload: Workload;
  readonly tracker: Tracker;
  readonly trackingMs: number;
  readonly drain: Drain;
  readonly retraining: RetrainingCounts | null;
  readonly recounted: Recount;
  /** Events that the product's own reader finds in the log. */
  readonly readCount: number;
  readonly kills: readonly Victim[];
  readonly redisDeaths: readonly RedisDeath[];
  readonly cutBytes: number;
  readonly ownEnds: readonly string[];
  readonly mismatches: readonly string[];
  readonly mismatchesBeforeRebuild: number | null;
}

/** A power cut with `everysec` may take what was acknowledged this long before. */
const LOSS_WINDOW_MS_MAX = 1_000;
/** … and so may what Redis had acknowledged and put off writing while the disk was busy; it does so for two seconds at most. */
const PUT_OFF_MS_MAX = 2_000;
const EXAMPLES_MAX = 5;

/** Compares what was promised with what was found. */
export function judge(evidence: ChaosEvidence): ChaosReport {
  const { options, tracker, trackingMs, drain, recounted, kills } = evidence;
  const loss = lossOf(evidence);
  const sortedMs = Float64Array.from(tracker.callLatenciesMs).sort();
  const killsOf: Partial<Record<Victim, number>> = {};
  for (const victim of kills) killsOf[victim] = (killsOf[victim] ?? 0) + 1;
  const promises = promisesOf(evidence, loss);
  return {
    machine: `${cpus()[0].model.trim()}, ${availableParallelism()} cores, Node ${process.version}`,
    ...{ seed: options.seed, eventCount: options.eventCount, appendFsync: options.appendFsync },
    ...{ powerCut: options.powerCut, cutBytes: evidence.cutBytes, kills: killsOf, loss },
    acknowledgedCount: tracker.acknowledgedCount,
    loggedCount: recounted.logged.reduce((sum, one) => sum + one, 0),
    repeatedDeliveries: recounted.storedCount - evidence.readCount,
    mismatchCount: evidence.mismatches.length,
    mismatchesBeforeRebuild: evidence.mismatchesBeforeRebuild,
    acknowledgementP50Ms: quantile(sortedMs, 0.5),
    acknowledgementP99Ms: quantile(sortedMs, 0.99),
    longestWaitMs: tracker.longestWaitMs,
    eventsPerSecond: (tracker.acknowledgedCount / trackingMs) * 1_000,
    trackingMs,
    drainMs: drain.waitedMs,
    failedCalls: Object.fromEntries(tracker.failures),
    retraining: evidence.retraining,
    promises,
    kept: promises.every(({ kept }) => kept),
  };
}

/**
 * Acknowledged events that the log does not have, and how long before the death of Redis the oldest was acknowledged. Redis
 * took an event after its call was sent, so the death that took it away came after that; an acknowledgement that was on its
 * way then arrived after the death.
 */
function lossOf({ tracker, recounted, redisDeaths }: ChaosEvidence): Loss {
  let count = 0;
  let windowMs = 0;
  tracker.acknowledgedAtMs.forEach((atMs, row) => {
    if (Number.isNaN(atMs) || recounted.logged[row] === 1) return;
    count += 1;
    const death = redisDeaths.find(({ goneAtMs }) => goneAtMs >= tracker.sentAtMs[row]);
    windowMs = Math.max(windowMs, death ? death.killedAtMs - atMs : Infinity);
  });
  return { count, windowMs };
}

function promisesOf(evidence: ChaosEvidence, loss: Loss): Promised[] {
  const { options, tracker, drain, recounted, readCount, mismatches, ownEnds, retraining } = evidence;
  const { eventCount, powerCut, appendFsync } = options;
  const mayLose = powerCut && appendFsync === 'everysec';
  const distinct = recounted.logged.reduce((sum, one) => sum + one, 0);
  const examples = (all: readonly string[]): string => all.slice(0, EXAMPLES_MAX).join('; ');
  const wrong = [...recounted.foreign, ...recounted.altered];
  return [
    {
      promise: 'every event was acknowledged in the end, none rejected',
      kept: tracker.acknowledgedCount === eventCount && tracker.rejectedCount === 0,
      detail: `${tracker.acknowledgedCount} acknowledged, ${tracker.rejectedCount} rejected`,
    },
    mayLose
      ? {
          promise: `lost is at most what was acknowledged within ${LOSS_WINDOW_MS_MAX} ms before a power cut, or put off (${PUT_OFF_MS_MAX} ms)`,
          kept: loss.windowMs <= LOSS_WINDOW_MS_MAX + PUT_OFF_MS_MAX,
          detail: `${loss.count} lost, the oldest acknowledged ${loss.windowMs.toFixed(0)} ms before`,
        }
      : { promise: 'no acknowledged event is lost', kept: loss.count === 0, detail: `${loss.count} lost` },
    {
      promise: 'the log has each event once, as it was sent, and no other',
      kept: wrong.length === 0 && readCount === distinct,
      detail: wrong.length > 0 ? examples(wrong) : `${readCount} read, ${distinct} different`,
    },
    {
      promise: powerCut
        ? 'after a rebuild, the online state is what the log says'
        : 'the online state is what the log says',
      kept: mismatches.length === 0,
      detail: mismatches.length > 0 ? examples(mismatches) : `${recounted.users.size} users compared`,
    },
    {
      promise: 'every group comes to its end, and gives up on nothing',
      kept: drain.waitingCount === 0 && drain.deadLetterCount === 0,
      detail: `${drain.waitingCount} waiting, ${drain.deadLetterCount} dead letters`,
    },
    {
      promise: 'no process ends by itself',
      kept: ownEnds.length === 0,
      detail: examples(ownEnds) || 'none did',
    },
    ...(retraining ? [retrainingPromise(retraining)] : []),
  ];
}

function retrainingPromise({
  publishedRuns,
  releaseCount,
  failures,
  lastRunPublished,
}: RetrainingCounts): Promised {
  return {
    promise: 'a retraining run publishes one release or, failed, none; the last one publishes',
    kept: publishedRuns === releaseCount && lastRunPublished,
    detail: `${publishedRuns} runs, ${releaseCount} releases${failures.length > 0 ? `; failed: ${failures.join('; ')}` : ''}`,
  };
}
