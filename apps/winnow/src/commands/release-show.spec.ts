import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@winnow/domain';
import { createFileModelRegistry } from '@winnow/model-registry';
import { homeFolders } from '@winnow/platform';
import { sampleCanaryReport, sampleManifest } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../context';
import { createProgram } from '../program';

const VERSION = '20261121T070000Z-1a2b3c';
const EARLIER = '20261120T070000Z-000000';

let home: string;
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

const show = (...args: readonly string[]): Promise<unknown> =>
  createProgram(context()).parseAsync(['node', 'winnow', 'releases', 'show', ...args]);

/** Publishes a release of these files and makes it the current one. */
async function publish(version: string, files: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(home, 'made', version);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const registry = createFileModelRegistry({ folder: homeFolders(home).registry });
  const { version: published } = await registry.publish(folder, sampleManifest(version));
  await registry.promote(published);
}

describe('winnow releases show', () => {
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'winnow-show-'));
    out.length = 0;
    await publish(EARLIER, { 'items.safetensors': 'x' });
    await publish(VERSION, {
      'items.safetensors': 'x',
      'model-card.html': '<h1>Model card</h1>',
      'gate.html': '<h1>Gate</h1>',
    });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('prints the card’s path and nothing else, of the release that serves', async () => {
    await show('--card');
    expect(out).toHaveLength(1);
    expect(readFileSync(out[0], 'utf8')).toBe('<h1>Model card</h1>');
  });

  it('prints the path of the gate’s report and nothing else', async () => {
    await show('--gate');
    expect(out).toHaveLength(1);
    expect(readFileSync(out[0], 'utf8')).toBe('<h1>Gate</h1>');
    await expect(show(EARLIER, '--gate')).rejects.toThrow('has no report of the gate');
  });

  it('prints figures and files of the release that was named, as text and as JSON', async () => {
    await show(VERSION);
    expect(out[0]).toMatch(/ndcgAt20\s+0\.1000/);
    expect(out[0]).toMatch(/model-card\.html\s+19 B\s+[0-9a-f]{16}… ✓/);
    await show('--json', EARLIER);
    expect(JSON.parse(out[1])).toMatchObject({ version: EARLIER, card: null, gate: null });
  });

  it('says that a release from before there were cards has none', async () => {
    await expect(show(EARLIER, '--card')).rejects.toThrow('has no model card');
  });

  it('says how a canary did, beside what the gate said', async () => {
    const registry = createFileModelRegistry({ folder: homeFolders(home).registry });
    await registry.keepCanaryReport(
      sampleCanaryReport(VERSION, { state: 'dropped', reason: 'clearly worse' }),
    );
    await show();
    expect(out[0]).toMatch(/canary since .* beside 20260101T000000Z-aaaaaa, dropped: clearly worse/);
    expect(out[0]).toContain('3 users beside 30 (split sound, p 0.86), 100 % of their slates by the canary');
    expect(out[0]).toContain(
      'value per user: 1.500 and 1.250, difference -0.2500 (one look -1.000 to 0.5000)',
    );
    await show('--json');
    expect(JSON.parse(out[1])).toMatchObject({ canaryReport: { state: 'dropped', version: VERSION } });
    await show('--json', EARLIER);
    expect(JSON.parse(out[2])).toMatchObject({ canaryReport: null });
  });

  it('refuses a card that was changed after the release was published', async () => {
    await show('--card');
    writeFileSync(out[0], '<h1>Better card</h1>');
    await expect(show('--card')).rejects.toThrow('model-card.html has 20 bytes');
    await expect(show('nothing')).rejects.toThrow();
  });
});
