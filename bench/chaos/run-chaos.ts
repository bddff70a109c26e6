import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { catalogV1 } from '@winnow/contracts';
import { CONSUMER_GROUPS } from '@winnow/online-store';
import { ChaosStack } from './chaos-stack';
import type { ChaosReport } from './chaos-report';
import { compareOnlineState } from './compare-online-state';
import { KillSchedule } from './kill-schedule';
import { planKills, VICTIMS, type Victim } from './kill-plan';
import { judge } from './promises';
import { recount, type Recount } from './recount';
import { Retrainings } from './retrainings';
import { Tracker } from './tracker';
import { streamChannel, unaryChannel } from './tracking-channel';
import { Workload } from './workload';

export interface ChaosOptions {
  readonly eventCount: number;
  readonly seed: number;
  readonly killCount: number;
  readonly appendFsync: 'always' | 'everysec';
  readonly killRedis: boolean;
  /** Each kill of Redis takes what it appended within the last second, too. */
  readonly powerCut: boolean;
  readonly retrain: boolean;
  readonly batchSize: number;
  readonly onProgress: (line: string) => void;
}

/** Half of them over `Track`, half over `TrackStream`. */
const CHANNEL_COUNT = 4;
const IN_FLIGHT_COUNT = 2;
const PROGRESS_INTERVAL_MS = 1_000;
const UPSERT_RETRY_MS = 100;
const UPSERT_ATTEMPTS_MAX = 300;
const DRAIN_POLL_MS = 100;
const DRAIN_MAX_MS = 180_000;
const LAST_RUN_MAX_MS = 180_000;

/** Tracks events while processes die, waits until everything has come to rest, and counts again. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const victims = VICTIMS.filter(
    (victim) => (victim !== 'redis' || options.killRedis) && (victim !== 'trainer' || options.retrain),
  );
  const stack = await ChaosStack.start({ ...options, victims });
  try {
    return await runOn(stack, victims, options);
  } finally {
    await stack.stop();
  }
}

async function runOn(
  stack: ChaosStack,
  victims: readonly Victim[],
  options: ChaosOptions,
): Promise<ChaosReport> {
  const { eventCount, seed, killCount, onProgress } = options;
  const workload = new Workload({
    ...{ count: eventCount, seed, nowMs: Date.now() },
    eventTypes: stack.description.events,
  });
  await upsertItems(stack.address, workload);
  const retrainings = options.retrain ? startRetrainings(stack) : null;
  const schedule = new KillSchedule(planKills({ seed, eventCount, killCount, victims }), (victim) =>
    stack.killAndRestart(victim),
  );
  const tracked = await track({ stack, workload, schedule, options });
  onProgress('waiting until everything has come to rest');
  await schedule.finish();
  const drain = await drained(stack);
  if (drain.waitingCount > 0) for (const line of await stack.lastWords()) onProgress(line);
  const retraining = retrainings ? await retrainings.finish(LAST_RUN_MAX_MS) : null;
  onProgress('counting again');
  const recounted = await recount({ ...stack, eventLogFolder: stack.eventLogFolder, workload });
  return judge({
    ...{ options, workload, ...tracked, drain, retraining, recounted },
    readCount: await countRead(stack),
    kills: schedule.done,
    redisDeaths: stack.redis.deaths,
    cutBytes: stack.redis.cutBytes,
    ownEnds: stack.ownEnds(),
    ...(await stateMismatches(stack, recounted, options)),
  });
}

function startRetrainings({ redis, description, home }: ChaosStack): Retrainings {
  const retrainings = new Retrainings({ redisUrl: redis.url, namespace: description.namespace, home });
  retrainings.start();
  return retrainings;
}

async function track({
  stack,
  workload,
  schedule,
  options,
}: {
  readonly stack: ChaosStack;
  readonly workload: Workload;
  readonly schedule: KillSchedule;
  readonly options: ChaosOptions;
}): Promise<{ readonly tracker: Tracker; readonly trackingMs: number }> {
  const channels = Array.from({ length: CHANNEL_COUNT }, (_, index) =>
    (index % 2 === 0 ? unaryChannel : streamChannel)(stack.address),
  );
  const tracker = new Tracker({
    ...{ workload, channels, batchSize: options.batchSize, inFlightCount: IN_FLIGHT_COUNT },
    onAcknowledged: (count) => schedule.advance(count),
  });
  const startedAtMs = performance.now();
  const progress = setInterval(() => {
    const seconds = (performance.now() - startedAtMs) / 1_000;
    options.onProgress(
      `${tracker.acknowledgedCount} of ${workload.count} events acknowledged, ${schedule.done.length} kills, ${seconds.toFixed(0)} s`,
    );
  }, PROGRESS_INTERVAL_MS);
  await tracker.run();
  clearInterval(progress);
  for (const channel of channels) channel.close();
  return { tracker, trackingMs: performance.now() - startedAtMs };
}

/** The collector may still be starting: asked until it answers. */
export async function upsertItems(
  address: string,
  { itemCount }: Pick<Workload, 'itemCount'>,
): Promise<void> {
  const client = new catalogV1.CatalogServiceClient(address, credentials.createInsecure());
  const request = catalogV1.UpsertItemsRequest.fromPartial({
    items: Array.from({ length: itemCount }, (_, item) => ({
      itemId: `item-${item}`,
      attributes: { topic: `topic-${item % 10}` },
    })),
  });
  for (let attempt = 1; ; attempt += 1) {
    const error = await new Promise<Error | null>((resolve) => client.upsertItems(request, resolve));
    if (!error) return client.close();
    if (attempt === UPSERT_ATTEMPTS_MAX) throw error;
    await sleep(UPSERT_RETRY_MS);
  }
}

/** What is left over once every group has had time to handle and acknowledge everything. */
export interface Drain {
  readonly waitedMs: number;
  /** Entries that no group has acknowledged; 0 when all is well. */
  readonly waitingCount: number;
  readonly deadLetterCount: number;
}

export async function drained(stack: ChaosStack): Promise<Drain> {
  const startedAtMs = performance.now();
  for (;;) {
    const waitedMs = performance.now() - startedAtMs;
    const waitingCount = await waitingEntries(stack).catch(() => Infinity);
    if (waitingCount === 0 || waitedMs > DRAIN_MAX_MS)
      return { waitedMs, waitingCount, deadLetterCount: await stack.store.deadLetters.count() };
    await sleep(DRAIN_POLL_MS);
  }
}

async function waitingEntries({ store }: ChaosStack): Promise<number> {
  const [events] = await store.streamStatus();
  const groups = events.groups.filter(({ name }) => Object.values(CONSUMER_GROUPS).includes(name as never));
  if (groups.length < Object.values(CONSUMER_GROUPS).length) return events.length;
  return Math.max(...groups.map(({ pendingCount, lagCount }) => pendingCount + (lagCount ?? Infinity)));
}

/** How many events the trainer's own reader finds. */
async function countRead({ eventLog }: ChaosStack): Promise<number> {
  let count = 0;
  for await (const events of eventLog.streamEvents()) count += events.length;
  return count;
}

/** After a power cut, the log may know what Redis has forgotten: then the state is looked at before and after a rebuild. */
async function stateMismatches(
  stack: ChaosStack,
  recounted: Recount,
  { powerCut }: ChaosOptions,
): Promise<{ readonly mismatches: readonly string[]; readonly mismatchesBeforeRebuild: number | null }> {
  const found = await compareOnlineState(stack.store, recounted);
  if (!powerCut) return { mismatches: found, mismatchesBeforeRebuild: null };
  const rebuilt = await stack.store.rebuilder.rebuild({ log: stack.eventLog, force: true });
  if (!rebuilt.ok) throw new Error(`the rebuild failed: ${rebuilt.error.reason}`);
  return {
    mismatches: await compareOnlineState(stack.store, recounted),
    mismatchesBeforeRebuild: found.length,
  };
}
