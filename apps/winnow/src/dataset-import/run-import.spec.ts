import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Attributes, type Clock, itemId, userId } from '@winnow/domain';
import { createEventLog, type EventLog } from '@winnow/event-log';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import { loadDescription } from '@winnow/platform';
import { examplePath } from '../config.schema';
import { Quarantine } from '@winnow/datasets';
import { SyntheticWorld } from '@winnow/synthetic-world';
import type { ImportSource, SourceEvent, SourceRecord } from './import-source';
import type { ImportOptions } from './import-run';
import { type ImportSummary, runImport } from './run-import';
import { syntheticSource } from './synthetic-source';
import { WEEK_MS, wholeWeeksShiftMs } from './time-shift';

const NOW_MS = Date.UTC(2026, 10, 21, 7);
const clock: Clock = { nowMs: () => NOW_MS, monotonicMs: () => performance.now() };
const description = await loadDescription(examplePath('synthetic'));

let folder: string;
let store: OnlineStore;
let eventLog: EventLog;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-import-'));
  const namespace = `import-${folder.slice(-6)}`;
  store = createOnlineStore({ url: inject('redisUrl'), description, namespace, readTimeoutMs: 5_000 });
  eventLog = createEventLog({ folder: join(folder, 'log') });
});

afterEach(async () => {
  await store.close();
  await eventLog.close();
  rmSync(folder, { recursive: true, force: true });
});

const quarantinePath = (): string => join(folder, 'quarantine', 'rows.jsonl');

async function importFrom(
  source: ImportSource,
  { shiftToNow = false, earlier = null }: Partial<Pick<ImportOptions, 'shiftToNow' | 'earlier'>> = {},
): Promise<ImportSummary> {
  const quarantine = new Quarantine(quarantinePath());
  const signal = new AbortController().signal;
  const onProgress = (): void => undefined;
  const summary = await runImport({
    source,
    description,
    store,
    eventLog,
    quarantine,
    clock,
    shiftToNow,
    earlier,
    onProgress,
    signal,
  });
  await quarantine.close();
  return summary;
}

const WORLD = { seed: 5, itemCount: 300, userCount: 60, days: 5, slatesPerDay: 60, newItemShare: 0 };

const countOf = (summary: ImportSummary, kind: string): unknown =>
  summary.kinds.find((entry) => entry.kind === kind);

describe('an import', () => {
  it('puts catalogue, log and online state, and adds nothing when it is repeated', async () => {
    const summary = await importFrom(syntheticSource(WORLD));
    expect(countOf(summary, 'items')).toMatchObject({ read: 300, kept: 300, refused: 0 });
    expect(countOf(summary, 'users')).toMatchObject({ kept: 60 });
    const eventTypes = description.events.map(({ name }) => name);
    const before = await eventLog.readEvents({ eventTypes });
    expect(before.count).toBeGreaterThan(500);
    expect((await store.catalog.getItem(itemId('i00000007')))?.attributes['title']).toBeTruthy();
    const state = await store.state.userState(userId('u000000'));
    expect(state.ok && state.value.recentInteractions.length).toBeGreaterThan(0);

    const earlier = { source: '', importedAtMs: 0, timeShiftMs: 0, eventCount: 0, itemCount: 0 };
    await importFrom(syntheticSource(WORLD), { earlier });
    const again = await store.state.userState(userId('u000000'));
    expect(again).toEqual(state);
    expect((await eventLog.readEvents({ eventTypes })).count).toBe(before.count);
    let itemCount = 0;
    for await (const items of eventLog.readItems()) itemCount += items.length;
    expect(itemCount).toBe(300);
  });

  const click = (user: string, item: string, timeMs: number, line: number): SourceEvent => ({
    kind: 'event',
    userId: userId(user),
    itemId: itemId(item),
    eventType: 'click',
    timeMs,
    value: 1,
    line,
  });

  const sourceOf = (name: string, records: readonly SourceRecord[]): ImportSource => ({
    name,
    attribution: '',
    async *batches() {
      yield records;
    },
  });

  it('gives log and catalogue the same ordinals, also for items that only events speak of', async () => {
    const records = [click('ada', 'new-1', NOW_MS - 2_000, 1), click('ada', 'new-2', NOW_MS - 1_000, 2)];
    const summary = await importFrom(sourceOf('events-only', records));
    expect(summary.bareItemCount).toBe(2);
    const ordinals = await store.catalog.resolve([itemId('new-1'), itemId('new-2')]);
    const columns = await eventLog.readEvents({ eventTypes: ['click'] });
    expect([...columns.ordinals]).toEqual(ordinals);
    const logged: unknown[] = [];
    for await (const items of eventLog.readItems()) logged.push(...items.map(({ itemId: id }) => id));
    expect(logged.sort()).toEqual(['new-1', 'new-2']);
  });

  it('refuses bad rows one by one, and quarantines each with its reason', async () => {
    const item = (id: string, attributes: Attributes): SourceRecord => ({
      kind: 'item',
      itemId: itemId(id),
      attributes,
    });
    const good = click('ada', 'good', NOW_MS, 7);
    const summary = await importFrom(
      sourceOf('bad', [
        { kind: 'bad', file: 'bad.csv', line: 3, reason: 'has 2 columns, needs 5', raw: 'a,b' },
        item('good', { title: 'Fine', colour: 'red' }),
        item('wrong', { price: NaN }),
        item('', {}),
        good,
        { ...good, line: 8, eventType: 'smile' },
        { ...good, line: 9, value: Infinity },
        { ...good, line: 10, userId: userId('x'.repeat(257)) },
      ]),
    );
    expect(countOf(summary, 'items')).toEqual({ kind: 'items', read: 3, kept: 1, repaired: 0, refused: 2 });
    expect(countOf(summary, 'events')).toEqual({ kind: 'events', read: 4, kept: 1, repaired: 0, refused: 3 });
    expect(countOf(summary, 'rows')).toMatchObject({ read: 1, refused: 1 });
    expect(summary.droppedAttributes).toEqual(['colour']);
    const rows = readFileSync(quarantinePath(), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { reason: string; line: number });
    expect(rows).toHaveLength(6);
    expect(rows[0]).toMatchObject({ file: 'bad.csv', line: 3, reason: 'has 2 columns, needs 5' });
    const reasons = rows.map(({ line, reason }) => `${line} ${reason}`).join('\n');
    expect(reasons).toMatch(/attribute price must be a finite number/);
    expect(reasons).toMatch(/8 event type smile is not in the description/);
  });

  it('can move an old data set by whole weeks into the last one', async () => {
    const summary = await importFrom(syntheticSource(WORLD), { shiftToNow: true });
    expect(summary.timeShiftMs % WEEK_MS).toBe(0);
    expect(summary.lastEventMs!).toBeLessThanOrEqual(NOW_MS);
    expect(summary.lastEventMs!).toBeGreaterThan(NOW_MS - WEEK_MS);
    const item = await store.catalog.getItem(itemId('i00000007'));
    const original = new SyntheticWorld(WORLD).item(7).attributes['created'] as number;
    expect(item?.attributes['created']).toBe(original + summary.timeShiftMs);
  });

  it('shifts nothing that is of this week, and moves what lies in the future back', () => {
    expect(wholeWeeksShiftMs(NOW_MS - 1, NOW_MS)).toBe(0);
    expect(wholeWeeksShiftMs(NOW_MS - WEEK_MS, NOW_MS)).toBe(WEEK_MS);
    expect(wholeWeeksShiftMs(NOW_MS + 1, NOW_MS)).toBe(-WEEK_MS);
  });
});
