import { Registry } from 'prom-client';
import { releaseVersion, type Clock } from '@winnow/domain';
import { sampleManifest } from '@winnow/testing';
import { describe, expect, it } from 'vitest';
import { watchReleaseAge } from './release-watchdog';

const HOUR_MS = 3_600_000;
const CREATED_AT_MS = Date.UTC(2026, 10, 21, 4);
const VERSION = releaseVersion('20261121T040000-aaaaaa');

describe('the release watchdog', () => {
  it('warns once, when the serving release is older than twice the period, and is content with a new one', async () => {
    let nowMs = CREATED_AT_MS;
    let createdAtMs = CREATED_AT_MS;
    const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    const warnings: string[] = [];
    const registry = new Registry();
    const watchdog = watchReleaseAge({
      releases: {
        pointer: async () => ({ current: VERSION, previous: null }),
        list: async () => [{ ...sampleManifest(VERSION), files: [], createdAtMs }],
      },
      ...{ cron: '0 4 * * *', clock, registry, warn: (_fields, message) => warnings.push(message) },
    });
    const overdue = async (): Promise<string> => {
      await watchdog.check();
      return /^winnow_release_overdue (\d)/m.exec(await registry.metrics())![1];
    };
    expect(await overdue()).toBe('0');
    nowMs += 48 * HOUR_MS;
    expect(await overdue()).toBe('0');
    nowMs += HOUR_MS;
    expect(await overdue()).toBe('1');
    expect(await overdue()).toBe('1');
    expect(warnings).toEqual(['the serving release is overdue: retraining brings no new one']);
    expect(await registry.metrics()).toContain(`winnow_release_age_seconds ${49 * 3_600}`);
    createdAtMs = nowMs;
    expect(await overdue()).toBe('0');
    watchdog.stop();
  });

  it('has nothing to say before the first release', async () => {
    const registry = new Registry();
    const watchdog = watchReleaseAge({
      releases: { pointer: async () => ({ current: null, previous: null }), list: async () => [] },
      ...{ cron: '0 4 * * *', clock: { nowMs: () => CREATED_AT_MS, monotonicMs: () => 0 }, registry },
      warn: () => expect.unreachable(),
    });
    await watchdog.check();
    expect(await registry.metrics()).toContain('winnow_release_overdue 0');
    watchdog.stop();
  });
});
