import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { releaseVersion } from '@winnow/domain';
import type { Description, TensorFile } from '@winnow/domain';
import { FeatureSet, ItemTable } from '@winnow/features';
import { readTensorFile, writeTensorFile } from '@winnow/model-registry';
import { TwoTower } from '@winnow/models';
import { InMemoryModelRegistry, sampleManifest } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunFolder } from './ports';
import { towerSources } from './towers';
import { findWarmStart, keepForWarmStart, openWarmTower } from './warm-start';

const LEARNT_TO_MS = 5_000;
const VERSION = releaseVersion('20260101T000000Z-aaaaaa');

const description = (training: Partial<Description['training']> = {}): Description =>
  ({
    items: { attributes: [{ name: 'genre', type: 'category' }] },
    users: { attributes: [] },
    events: [{ name: 'click', sentiment: 'positive', value: 1, countsAsSeen: true }],
    training: { dimension: 8, historyCountMax: 10, trendingHalfLifeHours: [48, 336], ...training },
  }) as unknown as Description;

describe('a warm start', () => {
  let folder: string;
  let registry: InMemoryModelRegistry;
  const items = new ItemTable(description().items.attributes);
  const featureSet = FeatureSet.compile(description(), items);
  const sources = towerSources(featureSet, items);
  const tower = TwoTower.create(
    {
      ...{ dimension: 8, attentionSize: 4, profileSize: 4, hiddenSize: 16 },
      ...{ historyCountMax: 10, eventTypeCount: 1, temperature: 0.1 },
    },
    sources,
    1,
  );
  const context = () => ({
    registry,
    readTensorFile,
    readJsonFile: async (path: string) => JSON.parse(await readFile(path, 'utf8')) as unknown,
  });
  const find = (training: Partial<Description['training']> = {}, learnBeforeMs = 9_000) =>
    findWarmStart(context(), { description: description(training), learnBeforeMs });

  async function publish(options: { readonly kept: boolean }): Promise<void> {
    const run = {
      writeTensors: (name: string, file: TensorFile) => writeTensorFile(join(folder, name), file),
      writeJson: async (name: string, value: unknown) => {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), JSON.stringify(value));
      },
    } as unknown as RunFolder;
    await run.writeJson('release/feature-set.json', featureSet.toJSON());
    if (options.kept) await keepForWarmStart(run, { tower, learntToMs: LEARNT_TO_MS });
    await registry.publish(
      join(folder, 'release'),
      sampleManifest(VERSION, { featureSetHash: featureSet.hash, dimension: 8 }),
    );
    await registry.promote(VERSION);
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'winnow-warm-start-'));
    registry = new InMemoryModelRegistry();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('goes on from the base tower of the serving release, with its feature set', async () => {
    await publish({ kept: true });
    const found = await find();
    expect(found).toMatchObject({ kind: 'warm', parent: { version: VERSION, learntToMs: LEARNT_TO_MS } });
    if (found.kind !== 'warm') return;
    expect(FeatureSet.fromJSON(found.featureSet).hash).toBe(featureSet.hash);
    const opened = await openWarmTower(context(), found.parent, sources);
    expect(opened.toTensors()).toEqual(tower.toTensors());
  });

  it('starts from nothing when there is no release, or none that kept its tower', async () => {
    expect(await find()).toEqual({ kind: 'cold', reason: 'no release serves yet' });
    await publish({ kept: false });
    expect(await find()).toEqual({
      kind: 'cold',
      reason: `${VERSION} was trained without training.warmStart`,
    });
  });

  it('starts from nothing when the tower would know what the rankers are to learn from', async () => {
    await publish({ kept: true });
    expect(await find({}, LEARNT_TO_MS)).toMatchObject({ kind: 'warm' });
    expect(await find({}, LEARNT_TO_MS - 1)).toMatchObject({ kind: 'cold' });
  });

  it('starts from nothing when the model would be another', async () => {
    await publish({ kept: true });
    expect(await find({ dimension: 16 })).toMatchObject({ kind: 'cold' });
    expect(await find({ historyCountMax: 11 })).toMatchObject({ kind: 'cold' });
  });
});
