import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import {
  releaseVersion,
  seededRandom,
  slateId,
  surfaceName,
  userId,
  type Clock,
  type Description,
  type ReleaseVersion,
  type ServedSlate,
  type TrackedEvent,
} from '@winnow/domain';
import { createEventLog, type EventLog } from '@winnow/event-log';
import { isCanaryUser } from '@winnow/experiments';
import { parseDescription } from '@winnow/platform';
import { InMemoryModelRegistry, loggedEvent, sampleCanaryReport, sampleManifest } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchCanary } from './canary-watch';
import { lookAtCanary, type CanaryStores } from './look-at-canary';

const HOUR_MS = 3_600_000;
const SINCE_MS = Date.UTC(2026, 10, 20, 5);
const [OLD, CURRENT, CANARY, NEXT] = ['a', 'b', 'c', 'd'].map((tag) =>
  releaseVersion(`20261120T050000Z-${tag}`),
);
const TRIAL = { version: CANARY, share: 0.5, sinceMs: SINCE_MS };
const USERS = 400;

const describing = (retraining: string): Description =>
  parseDescription(
    `
namespace: shop
items: { attributes: { title: text } }
events: { click: { sentiment: positive } }
objectives: { click: { event: click, weight: 1 } }
retraining: ${retraining}
experiments: { layers: { models: { pinning: { traffic: [0, 0.01], arms: { now: {}, next: { release: 20261119T050000Z-1a2b3c } } } } } }
`,
    'winnow.yaml',
  );
const withCanary = describing('{ canary: { share: 0.5 } }');

let folder: string;
let eventLog: EventLog;
let registry: InMemoryModelRegistry;
let nowMs: number;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };

const stores = (description = withCanary): CanaryStores => ({ description, registry, eventLog, clock });

async function publish(version: ReleaseVersion): Promise<void> {
  const files = join(folder, version);
  await mkdir(files);
  await writeFile(join(files, 'weights'), version);
  await registry.publish(files, sampleManifest(version));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-canary-'));
  eventLog = createEventLog({ folder: join(folder, 'log') });
  registry = new InMemoryModelRegistry();
  for (const version of [OLD, CURRENT, CANARY, NEXT]) await publish(version);
  await registry.promote(OLD);
  await registry.promote(CURRENT);
  await registry.beginCanary(TRIAL);
  nowMs = SINCE_MS + 10 * HOUR_MS;
});
afterEach(async () => {
  await eventLog.close();
  await rm(folder, { recursive: true, force: true });
});

/** A day of slates, and as many clicks as `clicksOf` says of users of the canary and of others. */
async function live(clicksOf: (isCanary: boolean) => number): Promise<void> {
  const random = seededRandom(7);
  const slates: ServedSlate[] = [];
  const events: TrackedEvent[] = [];
  for (let index = 0; index < USERS; index += 1) {
    const user = userId(`u${index}`);
    const isCanary = isCanaryUser(TRIAL, user);
    const servedAtMs = SINCE_MS + random() * 8 * HOUR_MS;
    slates.push({
      ...{ slateId: slateId(`s${index}`), userId: user, sessionId: '', surface: surfaceName('home') },
      ...{ release: isCanary ? CANARY : CURRENT, servedAtMs, degraded: [], arms: [], items: [] },
    });
    const clicks = Math.round(clicksOf(isCanary) + 2 * random());
    for (let click = 0; click < clicks; click += 1)
      events.push({
        ...loggedEvent(`e${index}-${click}`, { userId: user, timeMs: servedAtMs + click * 1_000 }),
      });
  }
  await eventLog.slates.append(slates);
  await eventLog.appendEvents(events);
}

describe('a look at the canary', () => {
  it('promotes it when the logs say that it is better', async () => {
    await live((isCanary) => (isCanary ? 4 : 2));
    const report = await lookAtCanary(stores());
    expect(report).toMatchObject({ version: CANARY, current: CURRENT, state: 'promoted' });
    expect(report!.groups.canary.userCount + report!.groups.current.userCount).toBeGreaterThan(0.9 * USERS);
    expect(await registry.pointer()).toEqual({ current: CANARY, previous: CURRENT });
    expect(await registry.canaryReports()).toEqual([report]);
    expect(await lookAtCanary(stores())).toBeNull();
  });

  it('drops it when they say that it is worse', async () => {
    await live((isCanary) => (isCanary ? 1 : 4));
    expect((await lookAtCanary(stores()))?.reason).toMatch(/^clearly worse: value per user -/);
    expect(await registry.pointer()).toEqual({ current: CURRENT, previous: OLD });
    expect(await registry.canaryReports()).toMatchObject([{ version: CANARY, state: 'dropped' }]);
  });

  it('waits for users until its time is over, and drops what nobody was served', async () => {
    expect(await lookAtCanary(stores())).toMatchObject({ state: 'running' });
    expect((await registry.pointer()).canary).toEqual(TRIAL);
    nowMs = SINCE_MS + 21 * HOUR_MS;
    expect(await lookAtCanary(stores())).toMatchObject({ state: 'dropped' });
    expect(await registry.pointer()).toEqual({ current: CURRENT, previous: OLD });
  });

  it('moves the pointer once when two look at once', async () => {
    await live((isCanary) => (isCanary ? 4 : 2));
    const both = await Promise.all([lookAtCanary(stores()), lookAtCanary(stores())]);
    expect(both.map((one) => one?.state)).toEqual(['promoted', 'promoted']);
    expect(await registry.pointer()).toEqual({ current: CANARY, previous: CURRENT });
  });

  it('leaves the pointer to whoever moved it meanwhile', async () => {
    await live((isCanary) => (isCanary ? 4 : 2));
    const moving = stores();
    const readEvents = eventLog.readEvents.bind(eventLog);
    const rolledBack: CanaryStores = {
      ...moving,
      eventLog: {
        slates: eventLog.slates,
        readEvents: async (window) => {
          await registry.rollBack();
          return readEvents(window);
        },
      },
    };
    expect(await lookAtCanary(rolledBack)).toMatchObject({ state: 'withdrawn' });
    expect(await registry.pointer()).toEqual({ current: OLD, previous: CURRENT });
  });

  it('drops one that is damaged, instead of promoting it', async () => {
    await live((isCanary) => (isCanary ? 4 : 2));
    await writeFile(join(folder, CANARY, 'weights'), 'other');
    expect(await lookAtCanary(stores())).toMatchObject({
      state: 'dropped',
      reason: expect.stringContaining('weights is damaged'),
    });
    expect(await registry.pointer()).toEqual({ current: CURRENT, previous: OLD });
  });

  it.each([
    ['replaced by a newer one', 'replaced', () => registry.beginCanary({ ...TRIAL, version: NEXT })],
    ['promoted by hand', 'promoted', () => registry.promote(CANARY)],
    ['rolled back', 'withdrawn', () => registry.rollBack()],
  ])('closes the report of one that was %s', async (_case, state, move) => {
    await registry.keepCanaryReport(sampleCanaryReport(CANARY));
    await move();
    await lookAtCanary(stores());
    expect((await registry.canaryReports()).find(({ version }) => version === CANARY)?.state).toBe(state);
  });

  it('drops it when winnow.yaml has no canaries any more', async () => {
    expect(await lookAtCanary(stores(describing('{}')))).toBeNull();
    expect(await registry.pointer()).toEqual({ current: CURRENT, previous: OLD });
  });
});

describe('the watch over canaries', () => {
  const logger = { info: () => undefined, warn: () => undefined };

  it('shows users, change and verdict as metrics', async () => {
    await live((isCanary) => (isCanary ? 4 : 2));
    const metrics = new Registry();
    const watch = watchCanary({ ...stores(), metrics, logger });
    await watch.stop();
    const text = await metrics.metrics();
    expect(text).toMatch(/winnow_canary_users{group="canary"} [12]\d\d/);
    expect(text).toMatch(/winnow_canary_value_change 0\.[5-8]/);
    expect(text).toContain('winnow_canary_verdicts_total{verdict="promoted"} 1');
    expect(text).toContain('winnow_canary_verdicts_total{verdict="dropped"} 0');
    await watch.look();
    expect(await metrics.metrics()).toContain('winnow_canary_users{group="canary"} 0');
  });

  it('counts a look that failed, and looks again', async () => {
    const metrics = new Registry();
    const broken = new InMemoryModelRegistry();
    broken.pointer = () => Promise.reject(new Error('the disk is away'));
    const watch = watchCanary({ ...stores(), registry: broken, metrics, logger });
    await watch.look();
    await watch.stop();
    expect(await metrics.metrics()).toContain('winnow_canary_look_failures_total 2');
  });
});
