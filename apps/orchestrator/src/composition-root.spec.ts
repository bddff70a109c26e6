import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileModelRegistry, writeTensorFile, type ModelRegistry } from '@winnow/model-registry';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import {
  createLogger,
  loadDescription,
  readEnvironment,
  type Readiness,
  type StartedProcess,
} from '@winnow/platform';
import { createWinnowClient, type WinnowClient } from '@winnow/rpc-clients';
import { sampleManifest } from '@winnow/testing';
import {
  eventId,
  itemId,
  releaseVersion,
  userId,
  type ReleaseVersion,
  type ServedSlate,
} from '@winnow/domain';
import { isCanaryUser } from '@winnow/experiments';
import { ItemCounters, ItemTable } from '@winnow/features';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startOrchestrator } from './composition-root';
import { orchestratorSettings } from './config.schema';

const [OLDER, NEWER] = ['20260101T000000Z-aaaaaa', '20260102T000000Z-bbbbbb'].map(releaseVersion);
/** Nobody listens there. */
const NOWHERE = '127.0.0.1:9';
const SOON = { timeout: 15_000, interval: 50 };

let home: string;
let store: OnlineStore;
let models: ModelRegistry;
let started: StartedProcess;
let client: WinnowClient;
let readiness: Readiness;
let registry: Registry;

async function publish(version: ReleaseVersion): Promise<void> {
  const description = await loadDescription(join(home, 'winnow.yaml'));
  const items = new ItemTable(description.items.attributes, 'title');
  const counters = new ItemCounters({ halfLivesHours: description.training.trendingHalfLifeHours });
  const ids = Array.from({ length: 30 }, (_, index) => itemId(`i${index}`));
  const upserts = ids.map((id, index) => ({
    itemId: id,
    attributes: { title: `Item ${index}`, year: 1990 + index },
    available: true,
    firstSeenAtMs: Date.now() - 1_000_000 + index,
  }));
  const { ordinals } = await store.catalog.upsertItems(upserts);
  for (const [index, ordinal] of ordinals.entries()) {
    items.upsert({ ...upserts[index], ordinal });
    counters.apply(ordinal, Date.now() - 1_000_000, 100 - index);
  }
  const folder = join(home, `staged-${version}`);
  await mkdir(folder);
  await writeTensorFile(join(folder, 'items.safetensors'), items.toTensors());
  await writeTensorFile(join(folder, 'counters.safetensors'), counters.toTensors());
  await models.publish(
    folder,
    sampleManifest(version, {
      eventTypes: ['click'],
      itemCount: 30,
      ordinalLimit: 1_000,
      cursors: { events: '0', catalog: '0' },
    }),
  );
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'winnow-orchestrator-'));
  const namespace = `orchestrator-${randomUUID().slice(0, 8)}`;
  await writeFile(
    join(home, 'winnow.yaml'),
    `namespace: ${namespace}
items: { title: title, attributes: { title: text, year: number } }
events: { click: { sentiment: positive, seen: true } }
objectives: { click: { event: click, weight: 1 } }
surfaces: { home: { rerankers: [], deadlineMs: 1000, budgets: { hydrateMs: 500 } } }
`,
  );
  const description = await loadDescription(join(home, 'winnow.yaml'));
  store = createOnlineStore({ url: inject('redisUrl'), description });
  models = createFileModelRegistry({ folder: join(home, 'registry') });
  readiness = { ready: false };
  started = await startOrchestrator({
    settings: readEnvironment(orchestratorSettings, {
      WINNOW_HOME: home,
      WINNOW_CONFIG: join(home, 'winnow.yaml'),
      REDIS_URL: inject('redisUrl'),
      WINNOW_LISTEN_ADDRESS: '127.0.0.1:0',
      WINNOW_REHEARSAL_WAIT_MS: '0',
      WINNOW_CANDIDATE_GENERATION_ADDRESS: NOWHERE,
      WINNOW_LIGHT_RANKER_ADDRESS: NOWHERE,
      WINNOW_HEAVY_RANKER_ADDRESS: NOWHERE,
    }),
    logger: createLogger({ service: 'spec', level: 'silent' }),
    registry: (registry = new Registry()),
    setReadiness: (now) => (readiness = now),
  });
  client = createWinnowClient({ recommenderAddress: started.address!, collectorAddress: NOWHERE });
});
afterEach(async () => {
  client.close();
  await started.stop(100);
  await store.close();
  await rm(home, { recursive: true, force: true });
});

const servedIds = async (k = 100): Promise<string[]> =>
  (await client.recommend({ userId: 'u1', k })).items.map((item) => item.itemId);

describe('the orchestrator, whole', () => {
  it('starts without a release and without its stages, and serves once one is published', async () => {
    await expect(servedIds()).rejects.toThrow('no release has been loaded yet');
    await publish(OLDER);
    await models.promote(OLDER);
    await expect.poll(() => readiness.ready, SOON).toBe(true);
    const reply = await client.recommend({ userId: 'u1', k: 5 });
    expect(reply.release).toBe(OLDER);
    expect(reply.degraded.map(({ component }) => component)).toEqual([
      'candidate-generation',
      'light-ranker',
      'heavy-ranker',
    ]);
    expect(reply.items).toHaveLength(5);
  });

  it('serves a new item, no deleted one, and nothing that the user has just seen', async () => {
    await publish(OLDER);
    await models.promote(OLDER);
    await expect.poll(() => readiness.ready, SOON).toBe(true);
    const before = await servedIds();
    expect(before).toContain('i7');

    await store.catalog.upsertItems([
      { itemId: itemId('new'), attributes: { title: 'New' }, available: true, firstSeenAtMs: Date.now() },
    ]);
    await store.catalog.deleteItems([itemId('i7')]);
    await expect.poll(() => servedIds(), SOON).toContain('new');
    await expect.poll(() => servedIds(), SOON).not.toContain('i7');

    const [ordinal] = await store.catalog.resolve([itemId('i3')]);
    const event = {
      ...{ userId: userId('u1'), itemId: itemId('i3'), ordinal: ordinal!, eventType: 'click', value: 1 },
      ...{ eventId: eventId('e1'), timeMs: Date.now(), receivedAtMs: Date.now() },
    };
    await store.stateWriter.apply([event]);
    expect(await servedIds()).not.toContain('i3');
    const logged: ServedSlate[] = [];
    const consumer = store
      .slateConsumer({ group: 'archive' })
      .run(async (slates) => void logged.push(...slates));
    await expect
      .poll(() => logged.at(-1), SOON)
      .toMatchObject({ userId: 'u1', surface: 'home', release: OLDER });
    await consumer.stop();
    expect(await registry.metrics()).toMatch(/winnow_served_slates_total\{outcome="written"\} \d/);
  });

  it('lists, promotes and rolls back releases', async () => {
    await publish(OLDER);
    await publish(NEWER);
    expect((await client.promoteRelease(OLDER)).current).toBe(OLDER);
    await expect.poll(() => readiness.ready, SOON).toBe(true);
    expect(await client.promoteRelease(NEWER)).toEqual({ current: NEWER, previous: OLDER });
    await expect.poll(async () => (await client.listReleases()).serving, SOON).toBe(NEWER);
    expect((await client.recommend({ userId: 'u1' })).release).toBe(NEWER);
    expect((await client.rollBackRelease()).current).toBe(OLDER);
    await expect.poll(async () => (await client.recommend({ userId: 'u1' })).release, SOON).toBe(OLDER);
    await expect(client.promoteRelease('20991231T000000Z-ffffff')).rejects.toThrow('no release is called');
    await expect(client.promoteRelease('')).rejects.toThrow('version: is required');
  });

  it('serves a canary to its users until it is rolled back, and to everybody once it is promoted', async () => {
    await publish(OLDER);
    await publish(NEWER);
    await models.promote(OLDER);
    await expect.poll(() => readiness.ready, SOON).toBe(true);
    const canary = { version: NEWER, share: 0.5, sinceMs: Date.now() };
    const users = Array.from({ length: 20 }, (_, index) => userId(`u${index}`));
    const [own, other] = [true, false].map((wanted) =>
      users.find((one) => isCanaryUser(canary, one) === wanted)!,
    );
    const releases = (): Promise<readonly string[]> =>
      Promise.all([own, other].map(async (one) => (await client.recommend({ userId: one })).release));
    await models.beginCanary(canary);
    await expect.poll(releases, SOON).toEqual([NEWER, OLDER]);
    const { serving, releases: listed } = await client.listReleases();
    expect(serving).toBe(OLDER);
    expect(listed.filter((one) => one.canary).map(({ version }) => version)).toEqual([NEWER]);
    expect((await client.rollBackRelease()).current).toBe(OLDER);
    await expect.poll(releases, SOON).toEqual([OLDER, OLDER]);
    await models.beginCanary(canary);
    await expect.poll(releases, SOON).toEqual([NEWER, OLDER]);
    expect(await client.promoteRelease(NEWER)).toEqual({ current: NEWER, previous: OLDER });
    await expect.poll(releases, SOON).toEqual([NEWER, NEWER]);
  });
});
