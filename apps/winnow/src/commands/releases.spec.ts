import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseVersion, systemClock } from '@winnow/domain';
import { createFileModelRegistry, type ModelRegistry } from '@winnow/model-registry';
import { homeFolders } from '@winnow/platform';
import { sampleManifest } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../context';
import { createProgram } from '../program';

const [OLD, CURRENT, CANARY] = ['19', '20', '21'].map((day) => releaseVersion(`202611${day}T070000Z-1a2b3c`));

let home: string;
let registry: ModelRegistry;
const out: string[] = [];

const context = (): CommandContext => ({
  environment: { WINNOW_HOME: home },
  workingFolder: home,
  terminal: {
    interactive: false,
    print: (text) => out.push(text),
    note: () => undefined,
    redraw: () => undefined,
  },
  clock: systemClock,
  signal: new AbortController().signal,
});

const winnow = (...args: readonly string[]): Promise<unknown> =>
  createProgram(context()).parseAsync(['node', 'winnow', ...args]);

describe('the canary at the command line', () => {
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'winnow-releases-'));
    out.length = 0;
    registry = createFileModelRegistry({ folder: homeFolders(home).registry });
    for (const version of [OLD, CURRENT, CANARY]) {
      const folder = join(home, 'made', version);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'items.safetensors'), version);
      await registry.publish(folder, sampleManifest(version));
    }
    await registry.promote(OLD);
    await registry.promote(CURRENT);
    await registry.beginCanary({ version: CANARY, share: 0.1, sinceMs: 5 });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('is marked among the releases, with its share', async () => {
    await winnow('releases');
    expect(out[0]).toMatch(new RegExp(`◐ canary, 10 % +${CANARY}`));
    expect(out[0]).toMatch(new RegExp(`● current +${CURRENT}`));
    await winnow('releases', '--json');
    expect(JSON.parse(out[1])).toMatchObject({ pointer: { canary: { version: CANARY, share: 0.1 } } });
  });

  it('can be taken back alone, and then there is none to take back', async () => {
    await winnow('rollback', '--canary');
    expect(out).toEqual([`current: ${CURRENT}\nprevious: ${OLD}`]);
    await expect(winnow('rollback', '--canary')).rejects.toThrow('there is no canary');
    expect(await registry.pointer()).toEqual({ current: CURRENT, previous: OLD });
  });

  it('goes with a rollback', async () => {
    await winnow('rollback');
    expect(out).toEqual([`current: ${OLD}\nprevious: ${CURRENT}`]);
    expect(await registry.pointer()).toEqual({ current: OLD, previous: CURRENT });
  });

  it('can be promoted by hand', async () => {
    await winnow('promote', CANARY);
    expect(out).toEqual([`current: ${CANARY}\nprevious: ${CURRENT}`]);
  });
});
