import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  releaseVersion,
  type ModelRegistryReader,
  type ModelRegistryWriter,
  type ReleaseCanary,
  type ReleaseManifest,
  type ReleasePointer,
} from '@winnow/domain';
import { sampleCanaryReport } from '../fakes/sample-canary-report';
import { sampleManifest } from '../fakes/sample-manifest';

/** Two views of one registry: what one process writes, another one reads. */
export interface ModelRegistrySubject {
  readonly registry: ModelRegistryReader & ModelRegistryWriter;
  readonly otherProcess: ModelRegistryReader;
  close(): Promise<void>;
}

const version = releaseVersion;
const [FIRST, SECOND, THIRD] = [
  '20260101T000000Z-aaaaaa',
  '20260102T000000Z-bbbbbb',
  '20260103T000000Z-cccccc',
];

const canaryOf = (name: string): ReleaseCanary => ({ version: version(name), share: 0.1, sinceMs: 5 });

/** What every model registry promises; each adapter and the fake run it. */
export function describeModelRegistry(name: string, create: () => Promise<ModelRegistrySubject>): void {
  describe(`model registry: ${name}`, () => {
    let subject: ModelRegistrySubject;
    let workFolder: string;

    beforeEach(async () => {
      subject = await create();
      workFolder = await mkdtemp(join(tmpdir(), 'winnow-registry-conformance-'));
    });
    afterEach(async () => {
      await subject.close();
      await rm(workFolder, { recursive: true, force: true });
    });

    const finishedFolder = async (content: string): Promise<string> => {
      const folder = await mkdtemp(join(workFolder, 'finished-'));
      await mkdir(join(folder, 'index'));
      await writeFile(join(folder, 'weights.safetensors'), content);
      await writeFile(join(folder, 'index', 'shard-0.hnsw'), `index of ${content}`);
      return folder;
    };

    const publish = async (name: string): Promise<ReleaseManifest> =>
      subject.registry.publish(
        await finishedFolder(name),
        sampleManifest(name, {
          createdAtMs: Date.parse(`${name.slice(0, 4)}-${name.slice(4, 6)}-${name.slice(6, 8)}`),
        }),
      );

    const promote = async (name: string): Promise<ReleasePointer> => {
      const moved = await subject.registry.promote(version(name));
      if (!moved.ok) throw new Error(moved.error.reason);
      return moved.value;
    };

    it('starts empty, with nothing to open and nothing to roll back to', async () => {
      expect(await subject.registry.pointer()).toEqual({ current: null, previous: null });
      expect(await subject.registry.list()).toEqual([]);
      expect((await subject.registry.open(version(FIRST))).ok).toBe(false);
      const back = await subject.registry.rollBack();
      expect(back).toMatchObject({ ok: false, error: { kind: 'client' } });
    });

    it('publishes with sizes and checksums, and leaves the pointer where it is', async () => {
      const manifest = await publish(FIRST);
      expect(manifest.files).toEqual([
        { path: 'index/shard-0.hnsw', bytes: 32, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        { path: 'weights.safetensors', bytes: 23, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ]);
      expect(await subject.otherProcess.list()).toEqual([manifest]);
      expect((await subject.otherProcess.pointer()).current).toBeNull();
    });

    it('opens a published release and gives the paths of its own files only', async () => {
      const manifest = await publish(FIRST);
      const opened = await subject.otherProcess.open(version(FIRST));
      if (!opened.ok) throw new Error(opened.error.reason);
      expect(opened.value.manifest).toEqual(manifest);
      expect(opened.value.filePath('index/shard-0.hnsw')).toMatch(/^\/.*shard-0\.hnsw$/);
      expect(() => opened.value.filePath('../secrets')).toThrow(RangeError);
      expect(() => opened.value.filePath('other')).toThrow(RangeError);
    });

    it('publishes once when a step runs again, and refuses other content under the same version', async () => {
      const manifest = await publish(FIRST);
      expect(await publish(FIRST)).toEqual(manifest);
      const other = await finishedFolder('something else');
      await expect(subject.registry.publish(other, sampleManifest(FIRST))).rejects.toThrow(FIRST);
      expect(await subject.registry.list()).toEqual([manifest]);
    });

    it('refuses an empty release', async () => {
      const empty = await mkdtemp(join(workFolder, 'empty-'));
      await expect(subject.registry.publish(empty, sampleManifest(FIRST))).rejects.toThrow('without files');
    });

    it('lists the newest first', async () => {
      for (const name of [SECOND, FIRST, THIRD]) await publish(name);
      expect((await subject.registry.list()).map((manifest) => manifest.version)).toEqual([
        THIRD,
        SECOND,
        FIRST,
      ]);
    });

    it('moves the pointer forward and back, and remembers one step', async () => {
      await publish(FIRST);
      await publish(SECOND);
      expect(await promote(FIRST)).toEqual({ current: FIRST, previous: null });
      expect(await promote(SECOND)).toEqual({ current: SECOND, previous: FIRST });
      expect(await promote(SECOND)).toEqual({ current: SECOND, previous: FIRST });
      const back = await subject.registry.rollBack();
      expect(back).toEqual({ ok: true, value: { current: FIRST, previous: SECOND } });
      expect(await subject.otherProcess.pointer()).toEqual({ current: FIRST, previous: SECOND });
    });

    it('does not move the pointer to a release that does not exist', async () => {
      await publish(FIRST);
      await promote(FIRST);
      const moved = await subject.registry.promote(version(SECOND));
      expect(moved).toMatchObject({ ok: false, error: { kind: 'client', component: 'model-registry' } });
      expect(await subject.registry.pointer()).toEqual({ current: FIRST, previous: null });
    });

    it('tells a watcher at once and after every change, until it is stopped', async () => {
      await publish(FIRST);
      await publish(SECOND);
      await promote(FIRST);
      const seen: ReleasePointer[] = [];
      const watch = subject.otherProcess.watch((pointer) => seen.push(pointer));
      await vi.waitFor(() => expect(seen).toEqual([{ current: FIRST, previous: null }]), { timeout: 5000 });
      await promote(SECOND);
      await vi.waitFor(() => expect(seen.at(-1)).toEqual({ current: SECOND, previous: FIRST }), {
        timeout: 5000,
      });
      await subject.registry.rollBack();
      await vi.waitFor(() => expect(seen.at(-1)).toEqual({ current: FIRST, previous: SECOND }), {
        timeout: 5000,
      });
      await watch.stop();
      const count = seen.length;
      await promote(SECOND);
      await new Promise((resolve) => setTimeout(resolve, 120));
      expect(seen).toHaveLength(count);
    });

    it('puts a canary beside the current release, once, and promotes or drops it', async () => {
      for (const name of [FIRST, SECOND, THIRD]) await publish(name);
      await promote(FIRST);
      const canary = canaryOf(SECOND);
      const begun = { current: FIRST, previous: null, canary };
      expect(await subject.registry.beginCanary(canary)).toEqual({ ok: true, value: begun });
      expect(await subject.registry.beginCanary({ ...canary, sinceMs: 9, share: 0.5 })).toMatchObject({
        value: begun,
      });
      expect(await subject.otherProcess.pointer()).toEqual(begun);
      expect(await subject.registry.endCanary(version(THIRD), 'promote')).toMatchObject({ value: begun });
      const ended = await subject.registry.endCanary(version(SECOND), 'promote');
      expect(ended).toEqual({ ok: true, value: { current: SECOND, previous: FIRST } });
      await subject.registry.beginCanary(canaryOf(THIRD));
      const dropped = await subject.registry.endCanary(version(THIRD), 'drop');
      expect(dropped).toEqual({ ok: true, value: { current: SECOND, previous: FIRST } });
      expect(await subject.otherProcess.pointer()).toEqual({ current: SECOND, previous: FIRST });
    });

    it('replaces a canary by a newer one', async () => {
      for (const name of [FIRST, SECOND, THIRD]) await publish(name);
      await promote(FIRST);
      await subject.registry.beginCanary(canaryOf(SECOND));
      await subject.registry.beginCanary(canaryOf(THIRD));
      expect((await subject.registry.pointer()).canary).toEqual(canaryOf(THIRD));
    });

    it('has no canary without another release to compare it with', async () => {
      await publish(FIRST);
      const refused = { ok: false, error: { kind: 'client', component: 'model-registry' } };
      expect(await subject.registry.beginCanary(canaryOf(FIRST))).toMatchObject(refused);
      await promote(FIRST);
      expect(await subject.registry.beginCanary(canaryOf(FIRST))).toMatchObject(refused);
      expect(await subject.registry.beginCanary(canaryOf(SECOND))).toMatchObject(refused);
      expect(await subject.registry.pointer()).toEqual({ current: FIRST, previous: null });
    });

    it('ends the canary when the current release changes: it is compared with what serves no more', async () => {
      for (const name of [FIRST, SECOND, THIRD]) await publish(name);
      await promote(FIRST);
      await subject.registry.beginCanary(canaryOf(THIRD));
      expect(await subject.registry.rollBack()).toEqual({
        ok: true,
        value: { current: FIRST, previous: null },
      });
      await subject.registry.beginCanary(canaryOf(THIRD));
      expect(await promote(SECOND)).toEqual({ current: SECOND, previous: FIRST });
      await subject.registry.beginCanary(canaryOf(THIRD));
      const back = await subject.registry.rollBack();
      expect(back).toEqual({ ok: true, value: { current: FIRST, previous: SECOND } });
    });

    it('tells a watcher of a canary that begins and ends, and does not prune it', async () => {
      for (const name of [FIRST, SECOND, THIRD]) await publish(name);
      await promote(THIRD);
      const seen: (ReleasePointer['canary'] | null)[] = [];
      const watch = subject.otherProcess.watch(({ canary }) => seen.push(canary ?? null));
      await vi.waitFor(() => expect(seen).toEqual([null]), { timeout: 5000 });
      await subject.registry.beginCanary(canaryOf(FIRST));
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(canaryOf(FIRST)), { timeout: 5000 });
      expect(await subject.registry.prune(0)).toEqual([SECOND]);
      await subject.registry.endCanary(version(FIRST), 'drop');
      await vi.waitFor(() => expect(seen.at(-1)).toBeNull(), { timeout: 5000 });
      await watch.stop();
    });

    it('keeps the newest report of each canary, as long as its release', async () => {
      expect(await subject.registry.canaryReports()).toEqual([]);
      for (const name of [FIRST, SECOND, THIRD]) await publish(name);
      const [first, second] = [
        sampleCanaryReport(FIRST, { sinceMs: 1 }),
        sampleCanaryReport(SECOND, { sinceMs: 2, state: 'dropped', reason: 'clearly worse' }),
      ];
      await subject.registry.keepCanaryReport(first);
      await subject.registry.keepCanaryReport({ ...second, state: 'running' });
      await subject.registry.keepCanaryReport(second);
      expect(await subject.otherProcess.canaryReports()).toEqual([second, first]);
      await promote(THIRD);
      await subject.registry.prune(2);
      expect(await subject.otherProcess.canaryReports()).toEqual([second]);
    });

    it('prunes old releases but never one that the pointer names', async () => {
      for (const name of [FIRST, SECOND, THIRD]) await publish(name);
      await promote(SECOND);
      await promote(FIRST);
      expect(await subject.registry.prune(1)).toEqual([]);
      await promote(THIRD);
      expect(await subject.registry.prune(0)).toEqual([SECOND]);
      expect((await subject.registry.list()).map((manifest) => manifest.version)).toEqual([THIRD, FIRST]);
      expect((await subject.registry.open(version(SECOND))).ok).toBe(false);
    });
  });
}
