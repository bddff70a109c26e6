import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExactIndex } from '@winnow/ann-index';
import { itemId, ordinal, RETRAINING_STEPS } from '@winnow/domain';
import type { CatalogItem } from '@winnow/domain';
import type { ItemTable } from '@winnow/features';
import { readTensorFile } from '@winnow/model-registry';
import type { GateReport } from '@winnow/reporting';
import { startBackend } from '@winnow/tensor';
import { InMemoryModelRegistry, shuffledLabels } from '@winnow/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameFromTensors, frameToTensors } from '../frame';
import type { RunFrame } from '../frame';
import { smallWorld } from '../protocols/small-world.fixture';
import type { SmallWorld } from '../protocols/small-world.fixture';
import { nothingShown } from '../shown/shown-frame';
import { runOnDisk } from '../run-on-disk.fixture';
import { runStep } from '../run-steps';
import { RUN_FILES } from '../steps/step-context';
import type { DatasetReport, StepContext } from '../steps/step-context';

const itemsOf = (table: ItemTable): CatalogItem[] =>
  Array.from({ length: table.ordinalLimit }, (_, item) => ({
    ...{ ordinal: ordinal(item), itemId: itemId(`item-${item}`), available: true },
    ...{ attributes: table.attributes(item), firstSeenAtMs: table.firstSeenAtMs(item) },
  }));

describe('a release that was trained on shuffled labels', () => {
  const registry = new InMemoryModelRegistry();
  let root: string;
  let world: SmallWorld;
  let time = 0;

  const contextOf = (name: string): StepContext =>
    ({
      ...{ description: world.description, registry, readTensorFile, codeVersion: 'spec' },
      run: runOnDisk(join(root, name)),
      eventLog: {
        readEvents: async () => world.frame.events,
        readShownSlates: async () => ({ ...nothingShown(), userIds: [] }),
        async *readItems() {
          yield itemsOf(world.items);
        },
        async *readUsers() {},
      },
      cursors: async () => ({ events: '0', catalog: '0' }),
      buildIndex: async () => ({
        ...{ kind: 'exact', shards: 1, m: 0, efConstruction: 0, efSearch: 0, recallAt500: 1 },
      }),
      exactIndexOf: (vectors: Float32Array, dimension: number) => ExactIndex.fromVectors(vectors, dimension),
      readJsonFile: async (path: string) => JSON.parse(await readFile(path, 'utf8')) as unknown,
      clock: { nowMs: () => (time += 1_000), monotonicMs: () => time },
      signal: new AbortController().signal,
      progress: () => undefined,
    }) as unknown as StepContext;

  /** Trains and publishes; returns what the gate wrote. Nothing but what the networks learn from is spoilt. */
  async function train(
    name: string,
    spoil: (frame: RunFrame, count: number) => RunFrame,
  ): Promise<GateReport> {
    const context = contextOf(name);
    const { run } = context;
    for (const step of RETRAINING_STEPS) {
      if (step === 'two-tower') {
        const { holdoutIndex } = await run.readJson<DatasetReport>(RUN_FILES.dataset);
        const frame = frameFromTensors(await run.readTensors(RUN_FILES.frame));
        await run.writeTensors(RUN_FILES.frame, frameToTensors(spoil(frame, holdoutIndex)));
      }
      if (step === 'evaluate') await run.writeTensors(RUN_FILES.frame, frameToTensors(world.frame));
      await runStep(step, context);
    }
    return run.readJson<GateReport>(RUN_FILES.gateReport);
  }

  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
    root = await mkdtemp(join(tmpdir(), 'winnow-shuffled-'));
    world = await smallWorld(5, { slatesPerDay: 200, userCount: 150 });
  });
  afterAll(() => rm(root, { recursive: true }));

  it(
    'is refused with the reason, and the honest one before it goes on serving',
    { timeout: 90_000 },
    async () => {
      const honest = await train('honest', (frame) => frame);
      expect(honest.verdict).toMatchObject({ promoted: true });
      const { current } = await registry.pointer();

      const { verdict, evidence } = await train('spoilt', (frame, count) => ({
        ...frame,
        events: shuffledLabels(frame.events, count, 7),
      }));
      expect(verdict.promoted).toBe(false);
      expect(verdict.reason).toMatch(/below the serving release's/);
      expect(evidence.servingRelease).toBe(current);
      expect((await registry.pointer()).current).toBe(current);
    },
  );
});
