import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itemId, ordinal, seededRandom, systemClock } from '@winnow/domain';
import type { Description, EventColumns } from '@winnow/domain';
import { FeatureSet } from '@winnow/features';
import { readTensorFile } from '@winnow/model-registry';
import type { TrainingReport } from '@winnow/models';
import { startBackend } from '@winnow/tensor';
import { InMemoryModelRegistry, sampleManifest } from '@winnow/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothingShown } from '../shown/shown-frame';
import { runOnDisk } from '../run-on-disk.fixture';
import { datasetStep } from './dataset.step';
import { RUN_FILES } from './step-context';
import type { DatasetReport, StepContext } from './step-context';
import { twoTowerStep } from './two-tower.step';

const ITEMS = 60;
const USERS = 40;
const HOUR_MS = 3_600_000;
const RELEASE = '20260101T000000Z-aaaaaa';

const description = {
  namespace: 'spec',
  items: { attributes: [{ name: 'genre', type: 'category' }] },
  users: { attributes: [] },
  events: [{ name: 'take', sentiment: 'positive', value: 1, countsAsSeen: true }],
  training: {
    ...{ seed: 1, dimension: 8, historyCountMax: 5, trendingHalfLifeHours: [48, 336], warmStart: true },
    twoTower: {
      ...{ epochsMax: 2, batchSize: 64, learningRate: 0.01, temperature: 0.1, uniformNegativeCount: 16 },
    },
    itemTable: { kind: 'direct', rowCount: 1000, admitAfterCount: 1, expireAfterDays: 0 },
    ranker: { windowShare: 0.3 },
  },
  retraining: { windowDays: 0 },
} as unknown as Description;

/** An event an hour and user; items from 40 on appear after half of the hours. */
function eventsOf(hours: number): EventColumns {
  const random = seededRandom(4);
  const count = hours * USERS;
  return {
    count,
    users: Uint32Array.from({ length: count }, (_, event) => event % USERS),
    ordinals: Uint32Array.from({ length: count }, (_, event) =>
      Math.floor((event < 10 * USERS ? 40 : ITEMS) * random()),
    ),
    eventTypes: new Uint8Array(count),
    timesMs: Float64Array.from(
      { length: count },
      (_, event) => Math.floor(event / USERS) * HOUR_MS + (event % USERS),
    ),
    values: new Float32Array(count).fill(1),
    userIds: Array.from({ length: USERS }, (_, user) => `user-${user}`),
  };
}

describe('two retrainings, the second with more events', () => {
  const registry = new InMemoryModelRegistry();
  let root: string;
  const runs: { summary: string; dataset: DatasetReport; tower: TrainingReport; admitted: Uint8Array }[] = [];

  const train = async (name: string, hours: number): Promise<void> => {
    const run = runOnDisk(join(root, name));
    const context = {
      ...{ description, run, registry, readTensorFile, clock: systemClock, progress: () => undefined },
      cursors: async () => ({ events: '0', catalog: '0' }),
      readJsonFile: async (path: string) => JSON.parse(await readFile(path, 'utf8')) as unknown,
      eventLog: {
        readEvents: async () => eventsOf(hours),
        readShownSlates: async () => ({ ...nothingShown(), userIds: [] }),
        async *readItems() {
          yield Array.from({ length: ITEMS }, (_, item) => ({
            ...{ ordinal: ordinal(item), itemId: itemId(`item-${item}`), available: true },
            attributes: { genre: `genre-${item % 3}` },
          }));
        },
        async *readUsers() {},
      },
    } as unknown as StepContext;
    const summary = await datasetStep.run(context);
    await twoTowerStep.run(context);
    const { tensors } = await run.readTensors(RUN_FILES.tower);
    runs.push({
      summary,
      dataset: await run.readJson<DatasetReport>(RUN_FILES.dataset),
      tower: await run.readJson<TrainingReport>(RUN_FILES.towerReport),
      admitted: tensors['items/admitted'].data as Uint8Array,
    });
  };

  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
    root = await mkdtemp(join(tmpdir(), 'winnow-warm-run-'));
    await train('first', 10);
    await registry.publish(
      join(root, 'first', RUN_FILES.releaseFolder),
      sampleManifest(RELEASE, {
        ...{ featureSetHash: FeatureSet.hashOf(description), dimension: 8, eventTypes: ['take'] },
      }),
    );
    await registry.promote(sampleManifest(RELEASE).version);
    await train('second', 20);
  });
  afterAll(() => rm(root, { recursive: true }));

  it('begin with nothing, and then with what the first release knows', () => {
    expect(runs[0].summary).toContain('starts from nothing: no release serves yet');
    expect(runs[0].dataset.warmStart).toBeNull();
    expect(runs[1].summary).toContain(`goes on from ${RELEASE}`);
    expect(runs[1].dataset.warmStart?.version).toBe(RELEASE);
  });

  it('learn the second time from the events between the two base towers alone', () => {
    const { dataset, tower } = runs[1];
    const { timesMs } = eventsOf(20);
    const fresh = timesMs
      .subarray(0, dataset.rankerIndex)
      .filter((timeMs) => timeMs >= dataset.warmStart!.learntToMs).length;
    const perEpoch = tower.exampleCount / tower.losses.length;
    expect(perEpoch).toBeGreaterThan(0);
    // Repeated items are no pairs, and a tenth is held out of all epochs but the last.
    expect(perEpoch).toBeLessThanOrEqual(fresh);
    expect(fresh).toBeLessThan(0.6 * dataset.rankerIndex);
  });

  it('give rows to items that the first had not met', () => {
    expect(runs[0].admitted.length).toBe(40);
    expect(runs[1].admitted.subarray(40).some((admitted) => admitted === 1)).toBe(true);
  });
});
