import { type Attributes, itemId, seededRandom, userId } from '@winnow/domain';
import { parseDescription } from '@winnow/platform';
import { renderDataReport } from '@winnow/reporting';
import { describe, expect, it } from 'vitest';
import type { SourceRecord } from '../dataset-import/import-source';
import type { ImportSummary } from '../dataset-import/run-import';
import { DataProfiler } from './data-profiler';
import { profileKnownRecords } from './known-records';
import { renderDataSummary } from './render-data-summary';

const description = parseDescription(
  `
namespace: shop
items:
  title: title
  attributes: { title: text, colour: category, tags: categories, price: number, released: timestamp, sold: number, tier: category, code: category }
users: { attributes: { country: category } }
events: { view: { sentiment: neutral }, buy: { sentiment: positive } }
objectives: { buy: { event: buy, weight: 1 } }
`,
  'test',
);

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);
const NOW_MS = START_MS + 400 * DAY_MS;
const SUMMARY: ImportSummary = {
  source: 'shop <main>',
  kinds: [{ kind: 'items', read: 60, kept: 60, repaired: 0, refused: 0 }],
  refusedByReason: {},
  droppedAttributes: [],
  bareItemCount: 0,
  timeShiftMs: 0,
  firstEventMs: START_MS,
  lastEventMs: START_MS + 100 * DAY_MS,
};

/** A clean shop: 60 items, 80 users, events that follow from nothing an attribute says. */
function shop(
  change: (item: number, attributes: Attributes, eventCount: number) => Attributes = (_, as) => as,
): SourceRecord[] {
  const random = seededRandom(7);
  const counts = Array.from({ length: 60 }, () => 3 + Math.floor(40 * random() ** 2));
  const items = counts.map((eventCount, item): SourceRecord => {
    const attributes = {
      title: `thing number ${item} of ${Math.floor(random() * 1_000)}`,
      colour: ['red', 'green', 'blue'][item % 3],
      tags: item % 4 === 0 ? [] : ['new', `t${item % 5}`],
      price: Math.round(random() * 500) / 10,
      released: START_MS - random() * 100 * DAY_MS,
    };
    return { kind: 'item', itemId: itemId(`i${item}`), attributes: change(item, attributes, eventCount) };
  });
  const events = counts.flatMap((eventCount, item) =>
    Array.from({ length: eventCount }, (_, line): SourceRecord => ({
      kind: 'event',
      userId: userId(`u${Math.floor(random() * 80)}`),
      itemId: itemId(`i${item}`),
      eventType: random() < 0.8 ? 'view' : 'buy',
      timeMs: START_MS + Math.floor(random() * 100 * DAY_MS),
      value: 1,
      line,
    })),
  );
  return [...items, ...events];
}

function profile(records: readonly SourceRecord[], shiftMs = 0) {
  const profiler = new DataProfiler({ description, nowMs: NOW_MS });
  for (const record of records) profiler.add(record, shiftMs);
  return profiler.report(SUMMARY, 'made up');
}

const titlesOf = (records: readonly SourceRecord[]): string[] =>
  profile(records).warnings.map(({ title }) => title);

describe('a data report', () => {
  it('finds nothing odd where nothing is', () => {
    expect(titlesOf(shop())).toEqual([]);
  });

  it('counts rows, events, gaps and values', () => {
    const report = profile(shop());
    const [items, users] = report.sides;
    expect(items).toMatchObject({
      rowCount: 60,
      listedCount: 60,
      activeCount: 60,
      unlistedCount: 0,
      sampleShare: 1,
    });
    expect(users).toMatchObject({ rowCount: 0, listedCount: 0 });
    expect(items.activity?.count).toBe(60);
    const of = (name: string) => report.attributes.find((attribute) => attribute.name === name)!;
    expect(of('tags')).toMatchObject({ presentCount: 45, missingCount: 15 });
    expect(of('colour').spread).toMatchObject({ kind: 'values', distinctCount: 3, estimated: false });
    expect(of('sold').spread).toBeNull();
    const counted = report.eventTypes.reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBe(report.eventCount);
    expect(
      report.timeline!.series.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0),
    ).toBe(counted);
  });

  it('catches an attribute that was written after the events', () => {
    const late = shop((item, attributes) =>
      item < 12 ? { ...attributes, released: START_MS + 200 * DAY_MS } : attributes,
    );
    const [warning] = profile(late).warnings;
    expect(warning).toMatchObject({ tone: 'bad', title: 'released of items is later than events.' });
    expect(warning.text).toContain('12 of 60');
  });

  it('catches a number that is counted from the events, and a category that tells it', () => {
    const leaking = shop((_, attributes, eventCount) => ({
      ...attributes,
      sold: eventCount * 3 + 1,
      tier: eventCount > 12 ? 'hit' : 'other',
    }));
    expect(titlesOf(leaking)).toContain('sold of items follows the number of events.');
    const steps = shop((_, attributes, eventCount) => ({
      ...attributes,
      tier: `t${Math.floor(Math.log2(eventCount) * 1.2)}`,
    }));
    expect(titlesOf([...steps])).toContain('tier of items tells the number of events.');
  });

  it('catches attributes that say nothing: constant, one-to-one with the id, mostly missing', () => {
    const records = shop((item, attributes) => ({
      ...attributes,
      colour: 'grey',
      code: `c${item}`,
      ...(item < 20 && { sold: item % 7 }),
    }));
    expect(titlesOf(records)).toEqual([
      'colour of items is always the same.',
      'sold of items is mostly missing.',
      'code of items is an identifier.',
    ]);
  });

  it('catches events before arrival, dates without time, repeated events, and the future', () => {
    const clean = shop();
    const arrivals = clean.map((record) =>
      record.kind === 'item' ? { ...record, firstSeenAtMs: START_MS + 99 * DAY_MS } : record,
    );
    expect(titlesOf(arrivals)).toEqual(['Events before their items existed.']);
    const dates = clean.map((record) =>
      record.kind === 'event' ? { ...record, timeMs: Math.floor(record.timeMs / DAY_MS) * DAY_MS } : record,
    );
    expect(titlesOf(dates)).toContain('Times are dates.');
    expect(titlesOf([...clean, ...clean.filter(({ kind }) => kind === 'event')])).toContain(
      'Events are in the data more than once.',
    );
    const future = clean.map((record) =>
      record.kind === 'event' ? { ...record, timeMs: record.timeMs + 1_000 * DAY_MS } : record,
    );
    expect(titlesOf(future)).toEqual(['Events from the future.']);
  });

  it('catches items that nothing describes, and rows that disagree', () => {
    const clean = shop();
    const halved = clean.filter((record) => record.kind !== 'item' || Number(record.itemId.slice(1)) < 30);
    expect(titlesOf(halved)).toEqual(['Events speak of items that nothing describes.']);
    const again = clean.filter(({ kind }) => kind === 'item').slice(0, 10);
    const dearer = again.map((record) =>
      record.kind === 'item' ? { ...record, attributes: { ...record.attributes, price: 1 } } : record,
    );
    const report = profile([...clean, ...again, ...dearer]);
    expect(report.sides[0]).toMatchObject({ repeatedRowCount: 10, changedRowCount: 10, listedCount: 60 });
    expect(report.warnings.map(({ title }) => title)).toEqual(['Rows disagree about items.']);
  });

  it('moves times and dated attributes as the import moves them', () => {
    const report = profile(shop(), 7 * DAY_MS);
    expect(report.firstEventMs).toBe(profile(shop()).firstEventMs! + 7 * DAY_MS);
    expect(report.warnings).toEqual([]);
  });

  it('takes what earlier imports described where a source has events alone', async () => {
    const records = shop();
    const profiler = new DataProfiler({ description, nowMs: NOW_MS });
    for (const record of records) if (record.kind === 'event') profiler.add(record, 0);
    const items = records.filter((record) => record.kind === 'item');
    await profileKnownRecords(profiler, {
      readItems: async function* () {
        yield items as never;
      },
      readUsers: async function* () {
        yield [{ userId: userId('u1'), attributes: { country: 'NL' } }];
      },
    });
    const { sides, attributes } = profiler.report(SUMMARY, '');
    expect(sides.map(({ listedCount }) => listedCount)).toEqual([60, 1]);
    expect(attributes.find(({ name }) => name === 'country')?.presentCount).toBe(1);
  });

  it('is the same after JSON, and becomes a page and a screen that hold its figures, escaped', () => {
    const report = profile(shop((_, attributes) => ({ ...attributes, colour: '<b>red</b>' })));
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const page = renderDataReport(report);
    expect(page).toContain('Data report: shop &lt;main&gt;');
    expect(page).not.toContain('<b>red</b>');
    expect(page).not.toMatch(/NaN|undefined|Infinity|<script|http:\/\//);
    expect(page).toContain('colour of items is always the same.');
    const screen = renderDataSummary(report, '/home/report.html').split('\n');
    expect(screen.length).toBeLessThan(40);
    expect(screen.at(-1)).toBe('data report: /home/report.html');
  });
});
