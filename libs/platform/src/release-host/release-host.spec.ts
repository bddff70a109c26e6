import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReleaseVersion, releaseVersion, type VerifiedRelease } from '@winnow/domain';
import { InMemoryModelRegistry, sampleManifest } from '@winnow/testing';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../telemetry/logger';
import { ReleaseHost, type ReleaseHostOptions, type ReleaseState } from './release-host';

interface Model {
  readonly version: ReleaseVersion;
  readonly weights: string;
  disposed: boolean;
}

const [A, B, C] = ['20260101T000000Z-a', '20260102T000000Z-b', '20260103T000000Z-c'].map(releaseVersion);
const logger = createLogger({ service: 'spec', level: 'silent' });

let folder: string;
let modelRegistry: InMemoryModelRegistry;
let registry: Registry;
let states: ReleaseState[];
let loads: ReleaseVersion[];
const hosts: ReleaseHost<Model>[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-spec-host-'));
  modelRegistry = new InMemoryModelRegistry();
  registry = new Registry();
  states = [];
  loads = [];
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
  await rm(folder, { recursive: true, force: true });
});

const weightsPath = (version: ReleaseVersion): string => join(folder, version, 'weights');

async function publish(...versions: ReleaseVersion[]): Promise<void> {
  for (const version of versions) {
    await mkdir(join(folder, version));
    await writeFile(weightsPath(version), `weights of ${version}`);
    await modelRegistry.publish(join(folder, version), sampleManifest(version));
  }
}

async function loadModel(release: VerifiedRelease): Promise<Model> {
  const { version } = release.manifest;
  loads.push(version);
  return { version, weights: await readFile(release.filePath('weights'), 'utf8'), disposed: false };
}

function host(overrides: Partial<ReleaseHostOptions<Model>> = {}): ReleaseHost<Model> {
  const made = new ReleaseHost<Model>({
    modelRegistry,
    load: loadModel,
    check: () => undefined,
    dispose: (model) => {
      model.disposed = true;
    },
    logger,
    registry,
    onState: (state) => states.push(state),
    disposeGraceMs: 0,
    ...overrides,
  });
  hosts.push(made);
  made.start();
  return made;
}

const serves = (subject: ReleaseHost<Model>, version: ReleaseVersion): Promise<void> =>
  expect.poll(() => subject.get('')?.version).toBe(version);
const holds = (subject: ReleaseHost<Model>, ...versions: ReleaseVersion[]): Promise<void> =>
  expect.poll(() => subject.loadedReleases()).toEqual(versions);

describe('a release host', () => {
  it('is not ready, and says what to do, while nothing was ever published', async () => {
    const subject = host();
    expect(subject.get('')).toBeNull();
    expect(subject.state()).toMatchObject({ ready: false, detail: expect.stringContaining('winnow train') });
  });

  it('serves the current release and keeps its predecessor', async () => {
    await publish(A, B);
    await modelRegistry.promote(A);
    await modelRegistry.promote(B);
    const subject = host();
    await serves(subject, B);
    await holds(subject, B, A);
    expect(subject.get(A)?.weights).toBe(`weights of ${A}`);
    expect(subject.get(C)).toBeNull();
    expect(states.at(-1)).toMatchObject({ ready: true, serving: B, loaded: [B, A] });
    expect(await registry.metrics()).toContain(`winnow_release_serving{release="${B}"} 1`);
  });

  it('swaps when the pointer moves and disposes of the release before the predecessor', async () => {
    await publish(A, B, C);
    await modelRegistry.promote(A);
    const subject = host();
    await serves(subject, A);
    const first = subject.get(A)!;
    await modelRegistry.promote(B);
    await serves(subject, B);
    expect(first.disposed).toBe(false);
    await modelRegistry.promote(C);
    await serves(subject, C);
    await holds(subject, C, B);
    await expect.poll(() => first.disposed).toBe(true);
  });

  it('keeps the old release serving until the new one has passed its golden check', async () => {
    await publish(A, B);
    await modelRegistry.promote(A);
    let pass: () => void = () => undefined;
    const subject = host({
      check: (model) => (model.version === B ? new Promise<void>((resolve) => (pass = resolve)) : undefined),
    });
    await serves(subject, A);
    await modelRegistry.promote(B);
    await expect.poll(() => loads).toEqual([A, B]);
    expect(subject.get('')?.version).toBe(A);
    expect(subject.get(B)).toBeNull();
    pass();
    await serves(subject, B);
  });

  it('rolls back to the predecessor without loading anything', async () => {
    await publish(A, B);
    await modelRegistry.promote(A);
    await modelRegistry.promote(B);
    const subject = host();
    await holds(subject, B, A);
    await modelRegistry.rollBack();
    await serves(subject, A);
    expect(loads).toEqual([B, A]);
  });

  it('refuses a release with a changed byte before loading it and leaves the old one serving', async () => {
    await publish(A, B);
    await modelRegistry.promote(A);
    const subject = host();
    await serves(subject, A);
    const open = modelRegistry.open.bind(modelRegistry);
    // The registry checks at promotion, too; the byte changes between the two.
    let isPromoted = false;
    modelRegistry.open = async (version) => {
      if (version === B && isPromoted) await writeFile(weightsPath(B), `weightz of ${B}`);
      isPromoted ||= version === B;
      return open(version);
    };
    await modelRegistry.promote(B);
    await expect.poll(() => states.at(-1)?.detail).toContain('weights is damaged');
    expect(loads).toEqual([A]);
    expect(subject.get('')?.version).toBe(A);
    expect(await registry.metrics()).toContain('winnow_release_load_failures_total{kind="model"} 1');
  });

  it.each([
    [
      'cannot be loaded',
      { load: () => Promise.reject(new Error('a tensor is missing')) },
      'a tensor is missing',
    ],
    [
      'fails its golden check',
      {
        check: () => {
          throw new Error('scores are NaN');
        },
      },
      'golden check: scores are NaN',
    ],
  ])('leaves the old release serving when the new one %s', async (_case, faulty, reason) => {
    await publish(A, B);
    await modelRegistry.promote(A);
    const disposed: ReleaseVersion[] = [];
    const subject = host({
      load: (release) =>
        release.manifest.version === B && 'load' in faulty ? faulty.load() : loadModel(release),
      check: (model) => (model.version === B && 'check' in faulty ? faulty.check() : undefined),
      dispose: (model) => void disposed.push(model.version),
    });
    await serves(subject, A);
    await modelRegistry.promote(B);
    await expect.poll(() => states.at(-1)?.detail).toContain(`release ${B} was refused: ${reason}`);
    expect(states.at(-1)).toMatchObject({ ready: true, serving: A, loaded: [A] });
    expect(subject.get('')?.version).toBe(A);
    expect(disposed).toEqual('check' in faulty ? [B] : []);
    expect(await registry.metrics()).toContain('winnow_release_load_failures_total{kind="model"} 1');
  });

  it('tries a release again that failed for a passing reason', async () => {
    await publish(A);
    await modelRegistry.promote(A);
    let attempts = 0;
    const subject = host({
      load: (release) => {
        attempts += 1;
        return attempts < 3 ? Promise.reject(new Error('no memory')) : loadModel(release);
      },
      retryFirstMs: 5,
    });
    await serves(subject, A);
    expect(attempts).toBe(3);
    expect(subject.state().detail).toBe(`release ${A}`);
  });

  it('serves the predecessor when it starts and the current release is damaged', async () => {
    await publish(A, B);
    await modelRegistry.promote(A);
    await modelRegistry.promote(B);
    await appendFile(weightsPath(B), '!');
    const subject = host();
    await serves(subject, A);
    expect(loads).toEqual([A]);
    expect(subject.state().detail).toContain('weights is damaged');
    expect(await registry.metrics()).toContain('winnow_release_load_failures_total{kind="model"} 1');
  });

  it('does not dispose of an evicted release while it is in use', async () => {
    await publish(A, B, C);
    await modelRegistry.promote(A);
    const subject = host();
    await serves(subject, A);
    const first = subject.get(A)!;
    let finish: () => void = () => undefined;
    const work = subject.use(A, async (model, version) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return [version, model.disposed];
    });
    await modelRegistry.promote(B);
    await serves(subject, B);
    await modelRegistry.promote(C);
    await holds(subject, C, B);
    expect(first.disposed).toBe(false);
    finish();
    expect(await work).toEqual([A, false]);
    await expect.poll(() => first.disposed).toBe(true);
    expect(await subject.use(A, () => 'used')).toBeNull();
  });

  it('loads one release at a time and skips those that a newer pointer has passed', async () => {
    await publish(A, B, C);
    await modelRegistry.promote(A);
    let release: () => void = () => undefined;
    let loading = 0;
    let loadingMax = 0;
    const subject = host({
      load: async (opened) => {
        loading += 1;
        loadingMax = Math.max(loadingMax, loading);
        const model = await loadModel(opened);
        if (model.version === A) await new Promise<void>((resolve) => (release = resolve));
        loading -= 1;
        return model;
      },
    });
    await expect.poll(() => loads).toEqual([A]);
    await modelRegistry.promote(B);
    await modelRegistry.promote(C);
    release();
    await serves(subject, C);
    await holds(subject, C, B);
    expect(loads).toEqual([A, C, B]);
    expect(loadingMax).toBe(1);
  });

  it('loads a canary beside both, serves it to who asks for it only, and swaps to it when it is promoted', async () => {
    await publish(A, B, C);
    await modelRegistry.promote(A);
    await modelRegistry.promote(B);
    const subject = host();
    await holds(subject, B, A);
    const canary = { version: C, share: 0.1, sinceMs: 0 };
    expect(subject.state().canary).toBeNull();
    await modelRegistry.beginCanary(canary);
    await holds(subject, C, B, A);
    expect(subject.state()).toMatchObject({ serving: B, canary, detail: `release ${B}; canary ${C}` });
    expect(subject.get('')?.version).toBe(B);
    expect(subject.get(C)?.version).toBe(C);
    await modelRegistry.endCanary(C, 'promote');
    await serves(subject, C);
    await holds(subject, C, B);
    expect(subject.state().canary).toBeNull();
    expect(loads).toEqual([B, A, C]);
  });

  it('lets go of a canary that is dropped', async () => {
    await publish(A, B);
    await modelRegistry.promote(A);
    const subject = host();
    await serves(subject, A);
    await modelRegistry.beginCanary({ version: B, share: 0.1, sinceMs: 0 });
    await holds(subject, B, A);
    const model = subject.get(B)!;
    await modelRegistry.endCanary(B, 'drop');
    await holds(subject, A);
    await expect.poll(() => model.disposed).toBe(true);
  });

  it('goes on serving when a canary cannot be loaded, and is not ready for its share', async () => {
    await publish(A, B);
    await modelRegistry.promote(A);
    const subject = host({
      load: (release) =>
        release.manifest.version === B
          ? Promise.reject(new Error('a tensor is missing'))
          : loadModel(release),
    });
    await serves(subject, A);
    await modelRegistry.beginCanary({ version: B, share: 0.1, sinceMs: 0 });
    await expect.poll(() => states.at(-1)?.detail).toContain(`release ${B} was refused: a tensor is missing`);
    expect(states.at(-1)).toMatchObject({ ready: true, serving: A, loaded: [A], canary: null });
    expect(await registry.metrics()).toContain('winnow_release_load_failures_total{kind="model"} 1');
  });

  it('disposes of everything when it stops', async () => {
    await publish(A, B);
    await modelRegistry.promote(A);
    await modelRegistry.promote(B);
    const subject = host();
    await holds(subject, B, A);
    const models = [subject.get(A)!, subject.get(B)!];
    await subject.stop();
    expect(models.map((model) => model.disposed)).toEqual([true, true]);
    expect(subject.get('')).toBeNull();
  });
});
