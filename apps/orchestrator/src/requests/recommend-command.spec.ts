import { recommenderV1 } from '@winnow/contracts';
import { encodePageToken, ExpressionCompiler } from '@winnow/funnel';
import { RpcError } from '@winnow/platform';
import { describe, expect, it } from 'vitest';
import { descriptionOf, NOW_MS, surfaceOf } from '../../../../libs/funnel/src/funnel.fixture';
import { RecommendRequestReader } from './recommend-command';

const description = descriptionOf(surfaceOf(), surfaceOf({ name: 'similar' }));
const reader = new RecommendRequestReader({
  description,
  expressions: new ExpressionCompiler(description),
  clock: { nowMs: () => NOW_MS, monotonicMs: () => 0 },
});

type Sent = Partial<recommenderV1.RecommendRequest>;
const read = (sent: Sent) =>
  reader.read(recommenderV1.RecommendRequest.fromPartial({ userId: 'u1', ...sent }));

function refusal(sent: Sent): RpcError {
  try {
    read(sent);
  } catch (thrown) {
    if (thrown instanceof RpcError) return thrown;
    throw thrown;
  }
  throw new Error('was accepted');
}

const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `i${index}`);
const long = 'x'.repeat(300);
const context = (extra: Partial<recommenderV1.Context>) => ({
  context: recommenderV1.Context.fromPartial(extra),
});
const recent = (extra: object) => ({ recentInteractions: [{ itemId: 'i1', eventType: 'click', ...extra }] });
const tokenFor = (surface: string): string => encodePageToken({ surface, release: 'r', servedOrdinals: [] });

describe('reading a Recommend request', () => {
  it('fills in what the caller left out', () => {
    expect(read({})).toMatchObject({
      userId: 'u1',
      surface: 'home',
      k: 20,
      nowMs: NOW_MS,
      context: {},
      filter: null,
      page: null,
    });
  });

  it('takes everything that a caller may send, up to its bounds', () => {
    const command = read({
      surface: 'similar',
      k: 500,
      context: { timeMs: NOW_MS - 5, device: 'phone', country: 'FR', values: { theme: 'dark' } },
      recentInteractions: [{ itemId: 'i1', eventType: 'purchase' }],
      seedItemIds: many(100),
      excludedItemIds: many(10_000),
      filter: 'item.year >= 1950',
      pageToken: tokenFor('similar'),
    });
    expect(command).toMatchObject({
      surface: 'similar',
      k: 500,
      nowMs: NOW_MS - 5,
      context: { device: 'phone', country: 'FR', theme: 'dark' },
      recentInteractions: [{ itemId: 'i1', eventType: 1, timeMs: NOW_MS - 5, value: 1 }],
      filter: { source: 'item.year >= 1950' },
      page: { surface: 'similar' },
    });
  });

  it.each<[string, Sent, string, RegExp]>([
    ['no user', { userId: '' }, 'user_id', /is required/],
    ['a long user id', { userId: long }, 'user_id', /at most 256/],
    ['a long session id', { sessionId: long }, 'session_id', /at most 256/],
    ['an unknown surface', { surface: 'hime' }, 'surface', /'hime'; known: home, similar/],
    ['k of 0', { k: 0 }, 'k', /1 to 500, is 0/],
    ['k of a billion', { k: 1_000_000_000 }, 'k', /1 to 500, is 1000000000/],
    ['time 0', context({ timeMs: 0 }), 'context.time_ms', /since 1970/],
    ['a negative time', context({ timeMs: -1 }), 'context.time_ms', /since 1970/],
    ['microseconds', context({ timeMs: NOW_MS * 1_000 }), 'context.time_ms', /in the future/],
    ['a long device', context({ device: long }), 'context.device', /at most 256/],
    ['a long country', context({ country: long }), 'context.country', /at most 256/],
    ['a long context value', context({ values: { a: long } }), "context.values['a']", /at most 256/],
    [
      'many context values',
      context({ values: Object.fromEntries(many(51).map((name) => [name, ''])) }),
      'context.values',
      /51 entries; at most 50/,
    ],
    [
      'many interactions',
      { recentInteractions: many(501).map((itemId) => ({ itemId, eventType: 'click' })) },
      'recent_interactions',
      /at most 500/,
    ],
    ['an interaction with no item', recent({ itemId: '' }), 'recent_interactions[0].item_id', /is required/],
    [
      'an unknown event type',
      recent({ eventType: 'clck' }),
      'recent_interactions[0].event_type',
      /'clck'; known: click, purchase/,
    ],
    [
      'an interaction from the future',
      recent({ timeMs: NOW_MS + 2 * 86_400_000 }),
      'recent_interactions[0].time_ms',
      /in the future/,
    ],
    ['a value that is no number', recent({ value: NaN }), 'recent_interactions[0].value', /finite/],
    ['an infinite value', recent({ value: Infinity }), 'recent_interactions[0].value', /finite/],
    ['many seeds', { seedItemIds: many(101) }, 'seed_item_ids', /101 entries; at most 100/],
    ['an empty seed', { seedItemIds: ['i1', ''] }, 'seed_item_ids[1]', /is required/],
    ['100,000 excluded items', { excludedItemIds: many(100_000) }, 'excluded_item_ids', /at most 10000/],
    ['a long excluded id', { excludedItemIds: [long] }, 'excluded_item_ids[0]', /at most 256/],
    ['a filter that does not parse', { filter: 'item.year >=' }, 'filter', /does not parse/],
    ['a filter of another type', { filter: 'item.year' }, 'filter', /must yield a bool, yields double/],
    ['a filter on an unknown attribute', { filter: 'item.yr > 1' }, 'filter', /no attribute 'yr'/],
    [
      'a filter that compares apples and pears',
      { filter: 'item.year > "a"' },
      'filter',
      /cannot be compared/,
    ],
    ['a long filter', { filter: ' '.repeat(4_097) }, 'filter', /at most 4096/],
    ['a damaged page token', { pageToken: 'AAAA' }, 'page_token', /not a token/],
    [
      'a page token of another surface',
      { pageToken: tokenFor('similar') },
      'page_token',
      /'similar', not 'home'/,
    ],
    ['a huge page token', { pageToken: 'A'.repeat(20_000) }, 'page_token', /at most 16384/],
  ])('refuses %s, naming the field', (_name, sent, field, reason) => {
    const { code, field: named, message } = refusal(sent);
    expect({ code, named }).toEqual({ code: 'invalid-argument', named: field });
    expect(message).toMatch(reason);
  });
});
