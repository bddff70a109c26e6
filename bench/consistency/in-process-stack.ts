import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { seededRandom, type Description, type Random } from '@winnow/domain';
import { createEventLog } from '@winnow/event-log';
import { RankingFeatures } from '@winnow/features';
import { createFileModelRegistry } from '@winnow/model-registry';
import type { FeaturesOf } from '@winnow/model-serving';
import { createLogger, homeFolders, loadDescription, readEnvironment } from '@winnow/platform';
import { createWinnowClient, type WinnowClient } from '@winnow/rpc-clients';
import { Registry } from 'prom-client';
import { startCandidateGeneration } from '../../apps/candidate-generation/src/composition-root';
import { startEventCollector } from '../../apps/event-collector/src/composition-root';
import { startHeavyRanker } from '../../apps/heavy-ranker/src/composition-root';
import { startLightRanker } from '../../apps/light-ranker/src/composition-root';
import { startOrchestrator } from '../../apps/orchestrator/src/composition-root';
import { orchestratorSettings } from '../../apps/orchestrator/src/config.schema';
import { checkConsistency } from '../../apps/trainer/src/consistency';
import type { ConsistencyReport } from '../../apps/trainer/src/consistency/consistency-table';

export interface InProcessStackOptions {
  /** With `winnow.yaml`, and a registry that has a serving release. */
  readonly home: string;
  readonly redisUrl: string;
  /** False where the release has no index: then what is in the orchestrator's memory is all that is retrieved. */
  readonly candidateGeneration: boolean;
}

/** A feature of the heavy ranker that can be broken in serving, and in serving alone. */
export interface Fault {
  feature: string | null;
}

/** Every service as it is, over real gRPC and Redis, in this process; and what the fault-finding job makes of it. */
export interface InProcessStack {
  readonly client: WinnowClient;
  readonly fault: Fault;
  /** Resolves once so many slates of this stack are in the log. */
  archived(slateCount: number): Promise<void>;
  check(sampleCount: number): Promise<ConsistencyReport>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
/** Nobody listens there. */
const NOWHERE = '127.0.0.1:9';

/** What the heavy ranker computes its features with: the real thing, until the fault is set. */
const breakable =
  (fault: Fault): FeaturesOf =>
  (sources) => {
    const features = new RankingFeatures(sources);
    const { names, count } = features;
    return {
      names,
      compute: (...input) => {
        const matrix = features.compute(...input);
        const column = fault.feature === null ? -1 : names.indexOf(fault.feature);
        if (column >= 0)
          for (let at = column; at < matrix.length; at += count) matrix[at] = 1.5 * matrix[at] + 0.01;
        return matrix;
      },
    };
  };

export async function eventually(timeoutMs: number, holds: () => Promise<boolean>): Promise<void> {
  const startedAtMs = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAtMs > timeoutMs) throw new Error(`did not hold within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export async function startInProcessStack(options: InProcessStackOptions): Promise<InProcessStack> {
  const { home, redisUrl } = options;
  const description = await loadDescription(join(home, 'winnow.yaml'));
  const folders = homeFolders(home);
  const fault: Fault = { feature: null };
  const fromMs = Date.now();
  const models = await startModels(options, { description, fault, registryFolder: folders.registry });
  const process = { logger: createLogger({ service: 'stack', level: 'error' }), registry: new Registry() };
  const collector = await startEventCollector({
    ...{ ...process, description, redisUrl, eventLogFolder: folders.eventLog },
    ...{ listenAddress: '127.0.0.1:0', roles: ['api', 'online-state', 'archive'] },
    ...{ archiveLingerMs: 200, archiveBatchMax: 10_000, claimIdleMs: 60_000, archiveLagMaxMs: 3_600_000 },
  });
  const orchestrator = await startOrchestrator({
    ...{ ...process, registry: new Registry(), setReadiness: () => undefined },
    settings: readEnvironment(orchestratorSettings, {
      ...{ WINNOW_HOME: home, WINNOW_CONFIG: join(home, 'winnow.yaml'), REDIS_URL: redisUrl },
      ...{ WINNOW_LISTEN_ADDRESS: '127.0.0.1:0', WINNOW_REHEARSAL_WAIT_MS: '0' },
      WINNOW_CANDIDATE_GENERATION_ADDRESS: models.candidateGenerationAddress,
      WINNOW_LIGHT_RANKER_ADDRESS: models.lightRankerAddress,
      WINNOW_HEAVY_RANKER_ADDRESS: models.heavyRankerAddress,
    }),
  });
  const client = createWinnowClient({
    recommenderAddress: orchestrator.address ?? NOWHERE,
    collectorAddress: collector.address,
  });
  const eventLog = createEventLog({ folder: folders.eventLog });
  const registry = createFileModelRegistry({ folder: folders.registry });
  const degradedMax = options.candidateGeneration ? 0 : 1;
  await eventually(READY_TIMEOUT_MS, async () => {
    const reply = await client.recommend({ userId: 'nobody', k: 1, dryRun: true }).catch(() => null);
    return collector.isReady && reply !== null && reply.degraded.length <= degradedMax;
  });
  return {
    client,
    fault,
    archived: (slateCount) =>
      eventually(READY_TIMEOUT_MS, async () => {
        let count = 0;
        for await (const slates of eventLog.slates.stream({ fromMs })) count += slates.length;
        return count >= slateCount;
      }),
    check: (sampleCount) =>
      checkConsistency({
        ...{ description, eventLog, sampleCount, fromMs, shareMin: 0.999 },
        openRelease: async (version) => {
          const opened = await registry.open(version);
          return opened.ok ? opened.value : null;
        },
      }),
    stop: async () => {
      client.close();
      await orchestrator.stop(1_000);
      await models.stop();
      await collector.stop(1_000);
      await eventLog.close();
    },
  };
}

async function startModels(
  { redisUrl, candidateGeneration }: InProcessStackOptions,
  {
    description,
    fault,
    registryFolder,
  }: { readonly description: Description; readonly fault: Fault; readonly registryFolder: string },
) {
  const options = () => ({
    ...{ description, redisUrl, registryFolder, listenAddress: '127.0.0.1:0', backend: 'wasm' },
    ...{ logger: createLogger({ service: 'stack', level: 'error' }), registry: new Registry() },
  });
  const light = await startLightRanker(options());
  const heavy = await startHeavyRanker({ ...options(), featuresOf: breakable(fault) });
  const candidates = candidateGeneration ? await startCandidateGeneration(options()) : null;
  const all = [light, heavy, ...(candidates ? [candidates] : [])];
  await eventually(READY_TIMEOUT_MS, async () => all.every((one) => one.state().ready));
  return {
    lightRankerAddress: light.address,
    heavyRankerAddress: heavy.address,
    candidateGenerationAddress: candidates?.address ?? NOWHERE,
    stop: async () => {
      for (const one of all) await one.stop(1_000);
    },
  };
}

export interface TrafficOptions {
  readonly slateCount: number;
  readonly userIds: readonly string[];
  readonly eventTypes: readonly string[];
  /** Requests at a time. */
  readonly concurrency: number;
  readonly seed: number;
  readonly onServed?: (count: number) => void;
}

/**
 * Serves slates while their users, and others, act on them: each request is followed by up to two events, one of them
 * late by an hour now and then, and some requests bring history that no log has. Returns how many events were tracked.
 */
export async function driveTraffic(client: WinnowClient, options: TrafficOptions): Promise<number> {
  const { slateCount, userIds, eventTypes, concurrency, seed, onServed } = options;
  let served = 0;
  let eventCount = 0;
  const lane = async (random: Random): Promise<void> => {
    const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)];
    let known: readonly string[] = [''];
    while (served < slateCount) {
      served += 1;
      const userId = any(userIds);
      const sent = { itemId: any(known), eventType: any(eventTypes), timeMs: Date.now() - 60_000, value: 1 };
      const recentInteractions = random() < 0.2 && sent.itemId ? [sent] : [];
      const reply = await client.recommend({ userId, k: 10, recentInteractions }, { timeoutMs: 10_000 });
      known = reply.items.map(({ itemId }) => itemId);
      const events = Array.from({ length: Math.floor(random() * 3) }, () => ({
        ...{ eventId: randomUUID(), itemId: any(reply.items).itemId, eventType: any(eventTypes) },
        userId: random() < 0.8 ? userId : any(userIds),
        slateId: reply.slateId,
        ...(random() < 0.1 && { timeMs: Date.now() - 3_600_000 }),
      }));
      if (events.length > 0) eventCount += (await client.track(events)).acceptedCount;
      onServed?.(served);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, index) => lane(seededRandom(seed + index))));
  return eventCount;
}
