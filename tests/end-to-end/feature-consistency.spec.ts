import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { userId } from '@winnow/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  driveTraffic,
  startInProcessStack,
  type InProcessStack,
} from '../../bench/consistency/in-process-stack';
import { RankerWorld } from '../../libs/model-serving/src/ranker.fixture';

const RELEASE = '20260101T000000Z-aaaaaa';
const USERS = Array.from({ length: 25 }, (_, index) => `user-${index}`);

const descriptionOf = (namespace: string): string => `namespace: ${namespace}
items: { title: title, attributes: { title: text, genre: category } }
events:
  view: { sentiment: neutral }
  purchase: { sentiment: positive, value: 5 }
  dislike: { sentiment: negative }
objectives: { purchase: { event: purchase, weight: 1 } }
surfaces:
  home:
    deadlineMs: 6000
    budgets: { hydrateMs: 1000, retrieveMs: 50, lightRankMs: 1500, heavyRankMs: 1500 }
    filters: { seen: false }
    rerankers: []
training: { dimension: 8, historyCountMax: 20, trendingHalfLifeHours: [6, 72] }
slateLog: { traceShare: 1 }
`;

let world: RankerWorld;
let stack: InProcessStack;

beforeAll(async () => {
  const namespace = `consistency-${randomUUID().slice(0, 8)}`;
  world = await RankerWorld.create(namespace, inject('redisUrl'));
  const cursors = {
    events: await world.store.eventFeed.head(),
    catalog: await world.store.catalogFeed.head(),
  };
  await world.publish(RELEASE, { cursors });
  await world.promote(RELEASE);
  await writeFile(join(world.folder, 'winnow.yaml'), descriptionOf(namespace));
  stack = await startInProcessStack({
    ...{ home: world.folder, redisUrl: inject('redisUrl'), candidateGeneration: false },
  });
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  await world?.close();
}, 30_000);

const drive = (slateCount: number, seed: number): Promise<number> =>
  driveTraffic(stack.client, {
    ...{ slateCount, seed, concurrency: 3, userIds: USERS },
    eventTypes: ['view', 'purchase', 'dislike'],
  });

describe('features as served', () => {
  it('are what the event log says, while events and changes of the catalogue come in', async () => {
    const change = async (): Promise<void> => {
      await world.store.catalog.upsertUsers([{ userId: userId(USERS[0]), attributes: {} }]);
      await stack.client.upsertItems([
        { itemId: 'item-3', attributes: { title: 'Film 3', genre: 'opera' } },
        { itemId: 'newcomer', attributes: { title: 'New', genre: 'noir' } },
      ]);
    };
    const [eventCount] = await Promise.all([drive(80, 1), change()]);
    expect(eventCount).toBeGreaterThan(40);
    await stack.archived(80);
    const report = await stack.check(1_000);
    expect(report.slateCount).toBeGreaterThanOrEqual(80);
    expect(report.features.length).toBeGreaterThan(20);
    expect(report.share, JSON.stringify(report.features.filter(({ first }) => first))).toBeGreaterThanOrEqual(
      0.999,
    );
    expect(report.inconsistent).toEqual([]);
  });

  it('name the one that is broken in serving, with an example', async () => {
    stack.fault.feature = 'trending-slow';
    await drive(20, 2);
    stack.fault.feature = null;
    await stack.archived(100);
    const report = await stack.check(1_000);
    expect(report.inconsistent).toEqual(['trending-slow']);
    const broken = report.features.find(({ feature }) => feature === 'trending-slow');
    expect(broken?.first?.served).toBeCloseTo(1.5 * (broken?.first?.recomputed ?? NaN) + 0.01, 4);
  });
});
