import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, status, type ServiceError } from '@grpc/grpc-js';
import { buildIndex } from '@winnow/ann-index';
import { candidateV1 } from '@winnow/contracts';
import {
  itemId,
  ordinal,
  RELEASE_NOT_LOADED,
  releaseVersion,
  type CallContext,
  type Description,
  type Ordinal,
  type QueryFeatures,
  type RetrieveReply,
} from '@winnow/domain';
import { FeatureSet, ItemTable, NeighbourTable } from '@winnow/features';
import { createFileModelRegistry, writeTensorFile } from '@winnow/model-registry';
import { catalogueContent, TwoTower } from '@winnow/models';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import type { RunningModelService } from '@winnow/model-serving';
import { createLogger } from '@winnow/platform';
import { GrpcCandidateRetriever, isServing } from '@winnow/rpc-clients';
import { startBackend } from '@winnow/tensor';
import { SAMPLE_EVENT_TYPES, sampleManifest } from '@winnow/testing';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { startCandidateGeneration } from './composition-root';

const ITEM_COUNT = 400;
const DIMENSION = 16;
const FIRST = '20260101T000000Z-aaaaaa';
const DAMAGED = '20260102T000000Z-bbbbbb';
const SECOND = '20260103T000000Z-cccccc';
const GENRES = ['noir', 'western', 'opera', 'heist'];
const POSITIVE = SAMPLE_EVENT_TYPES.findIndex(({ sentiment }) => sentiment === 'positive');
/** Flagged so in the release's own catalogue. */
const UNAVAILABLE = 7;
const SOON = { timeout: 15_000, interval: 25 };

const description = {
  namespace: `spec-${randomUUID()}`,
  items: {
    attributes: [
      { name: 'title', type: 'text' },
      { name: 'genre', type: 'category' },
    ],
    titleAttribute: 'title',
  },
  users: { attributes: [] },
  events: SAMPLE_EVENT_TYPES,
  training: { trendingHalfLifeHours: [6, 72] },
} as unknown as Description;

const item = (number: number) => ({
  itemId: itemId(`item-${number}`),
  attributes: { title: `Film ${number}`, genre: GENRES[number % GENRES.length] },
  available: true,
  firstSeenAtMs: 1_700_000_000_000,
});

describe('candidate generation', () => {
  let folder: string;
  let store: OnlineStore;
  let app: RunningModelService;
  let retriever: GrpcCandidateRetriever;
  let client: candidateV1.CandidateServiceClient;
  let ordinals: readonly Ordinal[];
  let registry: ReturnType<typeof createFileModelRegistry>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'winnow-candidates-'));
    store = createOnlineStore({ url: inject('redisUrl'), description, readTimeoutMs: 1000 });
    registry = createFileModelRegistry({ folder: join(folder, 'registry'), pollMs: 20 });
    const items = Array.from({ length: ITEM_COUNT }, (_, number) => item(number));
    ({ ordinals } = await store.catalog.upsertItems(items));
    await publish(FIRST, await store.catalogFeed.head());
    await registry.promote(releaseVersion(FIRST));
    app = await startCandidateGeneration({
      description,
      redisUrl: inject('redisUrl'),
      registryFolder: join(folder, 'registry'),
      listenAddress: '127.0.0.1:0',
      backend: 'wasm',
      logger: createLogger({ service: 'spec', level: 'silent' }),
      registry: new Registry(),
    });
    retriever = new GrpcCandidateRetriever({ address: app.address, component: 'candidate-generation' });
    client = new candidateV1.CandidateServiceClient(app.address, credentials.createInsecure());
    await vi.waitFor(() => expect(app.state().ready, app.state().detail).toBe(true), SOON);
  });
  afterAll(async () => {
    retriever?.close();
    client?.close();
    await app?.stop(1000);
    await store?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A whole release of an untrained model: its vectors mean nothing, and everything that serves them is real. */
  async function publish(
    version: string,
    catalogCursor: string,
    damage: (indexFolder: string) => Promise<void> = async () => {},
  ): Promise<void> {
    await startBackend({ forced: 'wasm' });
    const path = (name: string): string => join(folder, version, name);
    const table = new ItemTable(description.items.attributes, 'title');
    ordinals.forEach((each, number) =>
      table.upsert({ ordinal: each, ...item(number), available: number !== UNAVAILABLE }),
    );
    const featureSet = FeatureSet.compile(description, table);
    const tower = TwoTower.create(
      {
        dimension: DIMENSION,
        attentionSize: 8,
        profileSize: 4,
        hiddenSize: 16,
        historyCountMax: 20,
        eventTypeCount: SAMPLE_EVENT_TYPES.length,
        temperature: 0.1,
      },
      { content: catalogueContent(featureSet, table), profile: featureSet },
      7,
    );
    const vectors = new Float32Array(table.ordinalLimit * DIMENSION);
    vectors.set(await tower.encodeItems(ordinals), ordinals[0] * DIMENSION);
    const index = await buildIndex({
      source: { vectors },
      dimension: DIMENSION,
      shards: 2,
      m: 16,
      efConstruction: 100,
      recallMin: 0.98,
      k: 100,
      outputFolder: path('index'),
    });
    if (!index.ok) throw new Error(index.error.reason);
    await damage(path('index'));
    await writeTensorFile(path('items.safetensors'), table.toTensors());
    await writeTensorFile(path('two-tower.safetensors'), tower.toTensors());
    await writeTensorFile(path('neighbours.safetensors'), neighbours().toTensors());
    await writeFile(path('feature-set.json'), JSON.stringify(featureSet.toJSON()));
    const { efSearch, recallAt500, shards } = index.value;
    await registry.publish(
      join(folder, version),
      sampleManifest(version, {
        dimension: DIMENSION,
        featureSetHash: featureSet.hash,
        itemCount: ITEM_COUNT,
        ordinalLimit: table.ordinalLimit,
        eventTypes: SAMPLE_EVENT_TYPES.map(({ name }) => name),
        cursors: { events: '0', catalog: catalogCursor },
        index: { kind: 'hnsw', shards, m: 16, efConstruction: 100, efSearch, recallAt500 },
        golden: { historyOrdinals: [ordinals[0]], expectedOrdinals: [ordinals[1]] },
      }),
    );
  }

  /** Each user saw item n, then n + 1: those are neighbours. */
  function neighbours(): NeighbourTable {
    const users = Uint32Array.from({ length: 200 }, (_, at) => at >> 1);
    return NeighbourTable.build({
      users,
      ordinals: users.map((user, at) => ordinals[user + (at % 2)]),
      timesMs: Float64Array.from(users, (_, at) => at * 1000),
    });
  }

  const context = (): CallContext => ({ requestId: 'spec', deadlineAtMs: performance.now() + 5000 });
  const query = (...history: number[]): QueryFeatures => ({
    history: history.map((each, at) => ({
      ordinal: ordinal(each),
      eventType: POSITIVE,
      timeMs: at,
      value: 1,
    })),
    seedOrdinals: [],
    userAttributes: {},
    context: {},
    nowMs: 1_700_000_000_000,
  });
  async function retrieve(
    options: {
      source?: string;
      quota?: number;
      history?: number[];
      excluded?: number[];
      release?: string;
    } = {},
  ): Promise<RetrieveReply> {
    const reply = await retriever.retrieve(
      {
        release: releaseVersion(options.release ?? app.state().serving!),
        query: query(...(options.history ?? [ordinals[0]])),
        sources: [{ source: options.source ?? 'two-tower', quota: options.quota ?? 1000 }],
        excludedOrdinals: Uint32Array.from(options.excluded ?? []),
      },
      context(),
    );
    if (!reply.ok) throw new Error(reply.error.reason);
    return reply.value;
  }
  const retrieved = async (): Promise<number[]> => Array.from((await retrieve()).sources[0].ordinals);
  const raw = (
    request: object,
  ): Promise<{ error: ServiceError | null; reply: candidateV1.RetrieveResponse }> =>
    new Promise((resolve) =>
      client.retrieve(candidateV1.RetrieveRequest.fromPartial(request), (error, reply) =>
        resolve({ error, reply }),
      ),
    );

  it('is healthy and says which release it serves once one is loaded', async () => {
    expect(await isServing(app.address)).toBe(true);
    expect(await retriever.status(context())).toEqual({
      ok: true,
      value: { loadedReleases: [FIRST], ready: true, backend: 'wasm' },
    });
  });

  it('retrieves the whole available catalogue, best first, with a normalised query vector', async () => {
    const { sources, queryVector } = await retrieve();
    const [{ ordinals: found, scores }] = sources;
    expect(new Set(found).size).toBe(found.length);
    expect(found.length).toBeGreaterThanOrEqual(ITEM_COUNT * 0.99);
    expect(Array.from(found)).not.toContain(ordinals[UNAVAILABLE]);
    for (let rank = 1; rank < scores.length; rank += 1)
      expect(scores[rank]).toBeLessThanOrEqual(scores[rank - 1]);
    expect(queryVector.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 4);
  });

  it('brings neighbours of recent items, and never what is excluded', async () => {
    const { sources } = await retrieve({ source: 'similar', history: [ordinals[10]], quota: 5 });
    expect(Array.from(sources[0].ordinals)).toContain(ordinals[11]);
    const without = await retrieve({
      source: 'similar',
      history: [ordinals[10]],
      quota: 5,
      excluded: [ordinals[11]],
    });
    expect(Array.from(without.sources[0].ordinals)).not.toContain(ordinals[11]);
  });

  it('finds what is similar to an item nobody has used, by its vector', async () => {
    const { sources } = await retrieve({ source: 'similar', history: [ordinals[399]], quota: 10 });
    expect(sources[0].ordinals.length).toBeGreaterThanOrEqual(9);
    expect(Array.from(sources[0].ordinals)).not.toContain(ordinals[399]);
  });

  it('answers from the serving release when none is named, and refuses one that is not loaded', async () => {
    const request = { query: {}, sources: [{ source: 'two-tower', quota: 3 }] };
    expect((await raw(request)).reply.release).toBe(FIRST);
    expect((await raw({ ...request, release: SECOND })).error).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: RELEASE_NOT_LOADED,
    });
  });

  it.each([
    [{ sources: [] }, 'sources: must be 1 to 8, are 0'],
    [{ sources: [{ source: 'two-tower', quota: 0 }] }, 'sources[0].quota: must be 1 to 5000, is 0'],
    [{ query: undefined }, 'query: query is missing'],
    [{ sources: [{ source: 'oracle', quota: 1 }] }, /oracle is not one of two-tower, similar/],
    [{ query: { historyOrdinals: [1] } }, /history_event_types has 0 entries/],
    [
      {
        query: {
          historyOrdinals: [1],
          historyEventTypes: [99],
          historyTimesMs: [1],
          historyValues: [1],
        },
      },
      /query.history_event_types\[0\]: must be below/,
    ],
  ])('refuses %j by name', async (wrong, details) => {
    const good = { query: {}, sources: [{ source: 'two-tower', quota: 3 }] };
    const { error } = await raw({ ...good, ...wrong });
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(error?.details).toMatch(details);
  });

  it('retrieves a new item within seconds, and loses it again once it is unavailable or deleted', async () => {
    const added = item(9001);
    const [newItem] = (await store.catalog.upsertItems([added])).ordinals;
    await vi.waitFor(async () => expect(await retrieved()).toContain(newItem), {
      timeout: 5000,
      interval: 25,
    });
    await store.catalog.upsertItems([{ ...added, available: false }]);
    await vi.waitFor(async () => expect(await retrieved()).not.toContain(newItem), SOON);
    await store.catalog.upsertItems([added]);
    await vi.waitFor(async () => expect(await retrieved()).toContain(newItem), SOON);
    await store.catalog.deleteItems([added.itemId]);
    await vi.waitFor(async () => expect(await retrieved()).not.toContain(newItem), SOON);
  });

  it('keeps the old release when the new index is damaged, then swaps to a good one and keeps its predecessor', async () => {
    await store.catalog.deleteItems([itemId('item-5')]);
    // The checksums fit, so that only the index's own check stands before native code.
    await publish(DAMAGED, '0', (index) => truncate(join(index, 'shard-0.hnsw'), 5000));
    expect((await registry.promote(releaseVersion(DAMAGED))).ok).toBe(true);
    await vi.waitFor(() => expect(app.state().detail).toMatch(/was refused: .*shard-0.hnsw/), SOON);
    expect(app.state()).toMatchObject({ ready: true, serving: FIRST });
    expect((await retrieve()).release).toBe(FIRST);
    await registry.rollBack();
    await publish(SECOND, '0');
    expect((await registry.promote(releaseVersion(SECOND))).ok).toBe(true);
    await vi.waitFor(() => expect(app.state().serving, app.state().detail).toBe(SECOND), SOON);
    expect((await retrieve({ release: SECOND })).release).toBe(SECOND);
    expect((await retrieve({ release: FIRST })).release).toBe(FIRST);
    // The release was made from a catalogue that still had it: the change was caught up with before it served.
    expect(await retrieved()).not.toContain(ordinals[5]);
  });
});
