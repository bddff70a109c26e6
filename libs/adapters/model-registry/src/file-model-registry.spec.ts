import { spawn } from 'node:child_process';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  releaseVersion,
  type ReleaseManifest,
  type Result,
  type StageError,
  type VerifiedRelease,
} from '@winnow/domain';
import { describeModelRegistry, sampleManifest } from '@winnow/testing';
import { sha256OfBytes } from './checksum';
import { createFileModelRegistry, type ModelRegistry } from './file-model-registry';

const VERSION = releaseVersion('20260101T000000Z-aaaaaa');
const OLD = releaseVersion('20251231T000000Z-000000');

let root: string;
let work: string;
let registry: ModelRegistry;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'winnow-registry-'));
  work = await mkdtemp(join(tmpdir(), 'winnow-registry-work-'));
  registry = createFileModelRegistry({ folder: root, pollMs: 20 });
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(work, { recursive: true, force: true });
});

describeModelRegistry('in a folder', async () => ({
  registry,
  otherProcess: createFileModelRegistry({ folder: root, pollMs: 20 }),
  close: async () => {},
}));

const finishedFolder = async (content = 'weights'): Promise<string> => {
  const folder = await mkdtemp(join(work, 'finished-'));
  await mkdir(join(folder, 'index'));
  await writeFile(join(folder, 'weights.safetensors'), content);
  await writeFile(join(folder, 'index', 'shard-0.hnsw'), `index of ${content}`);
  return folder;
};

const publish = async (version = VERSION): Promise<void> => {
  await registry.publish(await finishedFolder(version), sampleManifest(version));
};

const releasePath = (...parts: string[]): string => join(root, 'releases', VERSION, ...parts);
const reasonOf = (result: Result<VerifiedRelease, StageError>): string => {
  if (result.ok) throw new Error('should have been refused');
  expect(result.error.kind).toBe('model');
  return result.error.reason;
};

async function flipByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[Math.floor(bytes.length / 2)] ^= 0x04;
  await writeFile(path, bytes);
}

describe('a damaged release', () => {
  beforeEach(() => publish());

  it.each(['weights.safetensors', 'index/shard-0.hnsw', 'manifest.json', 'manifest.json.sha256'])(
    'is refused by name when one byte of %s is flipped, also after it was opened before',
    async (file) => {
      expect((await registry.open(VERSION)).ok).toBe(true);
      await flipByte(releasePath(file));
      expect(reasonOf(await registry.open(VERSION))).toContain(file.replace('.sha256', ''));
      expect(reasonOf(await createFileModelRegistry({ folder: root }).open(VERSION))).toContain(VERSION);
    },
  );

  it('is refused when a file is truncated, grown, missing, or a link', async () => {
    const path = releasePath('weights.safetensors');
    const whole = await readFile(path);
    await truncate(path, whole.length - 1);
    expect(reasonOf(await registry.open(VERSION))).toMatch(
      /weights\.safetensors has 22 bytes, the manifest says 23/,
    );
    await writeFile(path, whole);
    await appendFile(path, 'x');
    expect(reasonOf(await registry.open(VERSION))).toMatch(/weights\.safetensors has 24 bytes/);
    await rm(path);
    expect(reasonOf(await registry.open(VERSION))).toMatch(/weights\.safetensors is missing/);
    await writeFile(join(work, 'elsewhere'), whole);
    await symlink(join(work, 'elsewhere'), path);
    expect(reasonOf(await registry.open(VERSION))).toMatch(/weights\.safetensors is not a plain file/);
  });

  it('is refused when its manifest is missing, and is not listed', async () => {
    await rm(releasePath('manifest.json'));
    expect(reasonOf(await registry.open(VERSION))).toContain('manifest.json');
    expect(await registry.list()).toEqual([]);
  });

  it('is not promoted and not rolled back to: the pointer stays', async () => {
    await publish(OLD);
    await registry.promote(OLD);
    await flipByte(releasePath('weights.safetensors'));
    expect(await registry.promote(VERSION)).toMatchObject({ ok: false, error: { kind: 'model' } });
    expect(await registry.pointer()).toEqual({ current: OLD, previous: null });
  });

  it('is refused when its content changes under the same size and time of change', async () => {
    expect((await registry.open(VERSION)).ok).toBe(true);
    const path = releasePath('weights.safetensors');
    const past = new Date('2026-01-01');
    await utimes(path, past, past);
    expect((await registry.open(VERSION)).ok).toBe(true);
    await flipByte(path);
    await utimes(path, past, past);
    expect(reasonOf(await registry.open(VERSION))).toContain('weights.safetensors is damaged');
  });
});

describe('a manifest', () => {
  it('lists every violation, and nothing is published', async () => {
    const wrong = {
      ...sampleManifest(VERSION),
      dimension: -1,
      golden: { historyOrdinals: [2 ** 33], expectedOrdinals: [] },
    };
    const failure = registry.publish(await finishedFolder(), wrong);
    await expect(failure).rejects.toThrow(/dimension.*golden\.historyOrdinals\.0/);
    expect(await registry.list()).toEqual([]);
    expect((await readdir(root)).filter((name) => name.startsWith('tmp-'))).toEqual([]);
  });

  it('of another format is refused with the remedy, and not listed', async () => {
    await publish();
    const old = JSON.stringify({ ...sampleManifest(VERSION), files: [], formatVersion: 1 });
    await writeFile(releasePath('manifest.json'), old);
    await writeFile(
      releasePath('manifest.json.sha256'),
      `${sha256OfBytes(Buffer.from(old))}  manifest.json\n`,
    );
    const reason = reasonOf(await registry.open(VERSION));
    expect(reason).toMatch(/a release of format 1.* reads format 2.*winnow train/);
    expect(await registry.list()).toEqual([]);
  });

  it('from when the golden query was called canary is read as ever', async () => {
    await publish(VERSION);
    const { golden, ...rest } = JSON.parse(
      await readFile(releasePath('manifest.json'), 'utf8'),
    ) as ReleaseManifest;
    const old = JSON.stringify({ ...rest, canary: golden });
    await writeFile(releasePath('manifest.json'), old);
    await writeFile(
      releasePath('manifest.json.sha256'),
      `${sha256OfBytes(Buffer.from(old))}  manifest.json\n`,
    );
    const opened = await registry.open(VERSION);
    expect(opened).toMatchObject({ ok: true, value: { manifest: { golden } } });
  });

  it('cannot lead out of the registry by its version', async () => {
    const folder = await finishedFolder();
    await expect(registry.publish(folder, sampleManifest('../escape'))).rejects.toThrow();
    expect(reasonOf(await registry.open(releaseVersion('../../etc')))).toContain('is no version');
  });

  it('holds metrics that JSON can hold: NaN is refused rather than turned into null', async () => {
    const wrong = { ...sampleManifest(VERSION), metrics: { auc: Number.NaN } };
    await expect(registry.publish(await finishedFolder(), wrong)).rejects.toThrow(/metrics\.auc/);
  });
});

describe('publishing', () => {
  it('takes the finished folder away and leaves no temporary one', async () => {
    const folder = await finishedFolder();
    await registry.publish(folder, sampleManifest(VERSION));
    expect(await readdir(work)).toEqual([]);
    expect(await readdir(root)).toEqual(['releases']);
  });

  it('clears what a dead publisher left, and spares a living one', async () => {
    const host =
      hostname()
        .replace(/[^A-Za-z0-9]/g, '')
        .slice(0, 32) || 'host';
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    const dead = join(root, `tmp-${host}-${child.pid}-0badcafe-half`);
    const earlierSelf = join(root, `tmp-${host}-${process.pid}-0badcafe-half`);
    const living = join(root, `tmp-${host}-${process.ppid}-0badcafe-half`);
    const otherMachine = join(root, 'tmp-elsewhere-1-0badcafe-half');
    const otherMachineLongAgo = join(root, 'tmp-elsewhere-2-0badcafe-half');
    for (const folder of [dead, earlierSelf, living, otherMachine, otherMachineLongAgo]) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'weights.safetensors'), 'half');
    }
    const past = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(otherMachineLongAgo, past, past);
    expect(await registry.list()).toEqual([]);
    await publish();
    const left = (await readdir(root)).filter((name) => name.startsWith('tmp-'));
    expect(left.map((name) => join(root, name)).sort()).toEqual([living, otherMachine].sort());
  });

  it('ends with one release when two publish the same at once', async () => {
    const other = createFileModelRegistry({ folder: root });
    const [one, two] = await Promise.all([
      registry.publish(await finishedFolder(), sampleManifest(VERSION)),
      other.publish(await finishedFolder(), sampleManifest(VERSION)),
    ]);
    expect(one).toEqual(two);
    expect(await registry.list()).toHaveLength(1);
    expect((await registry.open(VERSION)).ok).toBe(true);
    expect(await readdir(root)).toEqual(['releases']);
  });

  it('keeps every move when many promote at once: each previous is the current before it', async () => {
    const versions = Array.from({ length: 8 }, (_, index) => releaseVersion(`v${index}`));
    for (const version of versions) await publish(version);
    await Promise.all(versions.map((version) => createFileModelRegistry({ folder: root }).promote(version)));
    const history = [];
    for (const name of (await readdir(join(root, 'pointer'))).sort())
      history.push(JSON.parse(await readFile(join(root, 'pointer', name), 'utf8')));
    expect(history.map(({ current }) => current).sort()).toEqual([...versions].sort());
    expect(history.map(({ previous }) => previous)).toEqual([
      null,
      ...history.slice(0, -1).map(({ current }) => current),
    ]);
  });
});

describe('a pointer file', () => {
  const newest = async (): Promise<string> => {
    const names = (await readdir(join(root, 'pointer'))).sort();
    return readFile(join(root, 'pointer', names.at(-1)!), 'utf8');
  };

  it('names a canary while there is one, and is what it always was when there is none', async () => {
    await publish(OLD);
    await publish(VERSION);
    await registry.promote(OLD);
    expect(await newest()).toBe(`{"current":"${OLD}","previous":null}\n`);
    await registry.beginCanary({ version: VERSION, share: 0.1, sinceMs: 5 });
    expect(await newest()).toBe(
      `{"current":"${OLD}","previous":null,"canary":{"version":"${VERSION}","share":0.1,"sinceMs":5}}\n`,
    );
    await registry.endCanary(VERSION, 'drop');
    expect(await newest()).toBe(`{"current":"${OLD}","previous":null}\n`);
  });

  it('moves once when two judges end a canary at once, and the first one decides', async () => {
    await publish(OLD);
    await publish(VERSION);
    await registry.promote(OLD);
    await registry.beginCanary({ version: VERSION, share: 0.1, sinceMs: 5 });
    const other = createFileModelRegistry({ folder: root });
    await Promise.all([registry.endCanary(VERSION, 'promote'), other.endCanary(VERSION, 'promote')]);
    expect(await registry.pointer()).toEqual({ current: VERSION, previous: OLD });
    await other.endCanary(VERSION, 'drop');
    expect(await registry.pointer()).toEqual({ current: VERSION, previous: OLD });
    expect(await readdir(join(root, 'pointer'))).toHaveLength(3);
  });
});

describe('watching', () => {
  it('reports a damaged pointer and goes on with the next good one', async () => {
    await publish();
    await registry.promote(VERSION);
    const errors: string[] = [];
    const currents: (string | null)[] = [];
    const watcher = createFileModelRegistry({
      folder: root,
      pollMs: 10,
      onWatchError: (error) => errors.push(String(error)),
    });
    const watch = watcher.watch(({ current }) => currents.push(current));
    const until = async (condition: () => boolean): Promise<void> => {
      for (let tries = 0; tries < 300 && !condition(); tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await until(() => currents.length === 1);
    await writeFile(join(root, 'pointer', '000000000002.json'), '{"current":');
    await until(() => errors.length > 0);
    expect(errors[0]).toContain('000000000002.json: is damaged');
    await writeFile(
      join(root, 'pointer', '000000000003.json'),
      JSON.stringify({ current: OLD, previous: VERSION }),
    );
    await until(() => currents.length === 2);
    expect(currents).toEqual([VERSION, OLD]);
    await watch.stop();
  });
});
