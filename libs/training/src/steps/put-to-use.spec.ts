import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_CANARY, releaseVersion, type Description, type ReleaseVersion } from '@winnow/domain';
import { InMemoryModelRegistry, sampleCanaryReport, sampleManifest } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { putToUse } from './put-to-use';

const [OLD, NEW, NEWER] = ['a', 'b', 'c'].map((tag) => releaseVersion(`20260101T000000Z-${tag}`));
const NOW_MS = 7_000;

let folder: string;
let registry: InMemoryModelRegistry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-put-to-use-'));
  registry = new InMemoryModelRegistry();
  for (const version of [OLD, NEW, NEWER]) {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'weights'), version);
    await registry.publish(join(folder, version), sampleManifest(version));
  }
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (version: ReleaseVersion, canary?: typeof DEFAULT_CANARY): Promise<string> =>
  putToUse(
    {
      registry,
      description: { retraining: { canary } } as unknown as Description,
      clock: { nowMs: () => NOW_MS, monotonicMs: () => 0 },
    },
    version,
    'better',
  );

describe('a release that has passed the gate', () => {
  it('serves everybody at once where no canary is asked for', async () => {
    await put(OLD);
    expect(await put(NEW)).toBe(`${NEW} promoted: better`);
    expect(await put(NEW)).toBe(`${NEW} promoted: better`);
    expect(await registry.pointer()).toEqual({ current: NEW, previous: OLD });
  });

  it('serves everybody at once when nothing serves yet', async () => {
    await put(OLD, DEFAULT_CANARY);
    expect(await registry.pointer()).toEqual({ current: OLD, previous: null });
  });

  it('is the canary otherwise, once, and gives its place to a newer release', async () => {
    await put(OLD);
    const canary = { version: NEW, share: 0.1, sinceMs: NOW_MS };
    expect(await put(NEW, DEFAULT_CANARY)).toBe(`${NEW} is the canary for 10 % of the users: better`);
    await put(NEW, DEFAULT_CANARY);
    expect(await registry.pointer()).toEqual({ current: OLD, previous: null, canary });
    await put(NEWER, DEFAULT_CANARY);
    expect((await registry.pointer()).canary?.version).toBe(NEWER);
  });

  it('is not put on trial again once it was dropped', async () => {
    await put(OLD);
    await registry.keepCanaryReport(sampleCanaryReport(NEW, { state: 'dropped', reason: 'clearly worse' }));
    expect(await put(NEW, DEFAULT_CANARY)).toBe(`${NEW} was the canary, and was dropped: clearly worse`);
    expect(await registry.pointer()).toEqual({ current: OLD, previous: null });
  });
});
