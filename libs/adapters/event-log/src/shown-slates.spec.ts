import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  IMPRESSION,
  ordinal,
  releaseVersion,
  seededRandom,
  slateId,
  surfaceName,
  userId,
  type ServedSlate,
  type ShownSlates,
  type TrackedEvent,
} from '@winnow/domain';
import { loggedEvent } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventLog, type EventLog } from './duckdb-event-log';

const START_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

const servedSlate = (id: string, user: string, minute: number, items: readonly number[]): ServedSlate => ({
  ...{ slateId: slateId(id), userId: userId(user), sessionId: '', surface: surfaceName('home') },
  ...{ release: releaseVersion('20260101T000000Z-000001'), degraded: [], arms: [] },
  servedAtMs: START_MS + minute * MINUTE_MS,
  items: items.map((item, position) => ({ ordinal: ordinal(item), position, score: 0, sources: [] })),
});

/** `user type item minute slate position`, the last two of which may be missing. */
function tracked(line: string, index: number): TrackedEvent {
  const [user, type, item, minute, slate, position] = line.split(' ');
  return loggedEvent(`e${index}`, {
    ...{
      userId: userId(user),
      eventType: type === 'saw' ? IMPRESSION : type,
      ordinal: ordinal(Number(item)),
    },
    timeMs: START_MS + Number(minute) * MINUTE_MS,
    ...(slate && slate !== '-' && { slateId: slateId(slate) }),
    ...(position && { position: Number(position) }),
  });
}

/** `user minute: item@position+minute taken …`, a line a slate. */
function textOf(shown: ShownSlates): string[] {
  const minutes = (timeMs: number): number => (timeMs - START_MS) / MINUTE_MS;
  return Array.from({ length: shown.count }, (_, slate) => {
    const rows = Array.from(
      { length: shown.offsets[slate + 1] - shown.offsets[slate] },
      (_, at) => shown.offsets[slate] + at,
    ).map((row) => {
      const takenAt = Number.isNaN(shown.takenAtMs[row]) ? '' : `+${minutes(shown.takenAtMs[row])}`;
      return `${shown.ordinals[row]}@${shown.positions[row]}${takenAt}`;
    });
    return `${shown.userIds[shown.users[slate]]} ${minutes(shown.servedAtMs[slate])}: ${rows.join(' ')}`;
  });
}

describe('what was shown', () => {
  let folder: string;
  let log: EventLog;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'winnow-shown-'));
    log = createEventLog({ folder });
  });
  afterEach(async () => {
    await log.close();
    await rm(folder, { recursive: true, force: true });
  });

  const read = async (options: Partial<Parameters<EventLog['readShownSlates']>[0]> = {}): Promise<string[]> =>
    textOf(
      await log.readShownSlates({
        takenBy: ['click', 'buy'],
        fromMs: START_MS,
        allFromMs: Infinity,
        ...options,
      }),
    );

  it('is nothing in an empty log, and in one of clicks alone', async () => {
    expect(await read()).toEqual([]);
    await log.appendEvents(['ann click 1 0 s1 0', 'ann click 2 1'].map(tracked));
    expect(await read()).toEqual([]);
  });

  it('joins impressions and what was taken on the slate id, at the time of serving', async () => {
    await log.appendEvents(
      [
        'ann saw 7 2 s1 0',
        'ann saw 8 2 s1 1',
        'ann click 8 3 s1 1',
        // Another slate with the same items, of the same minutes: what is taken of one is left alone in the other.
        'ann saw 8 2 s2 0',
        'ann saw 9 2 s2 1',
        'ann buy 9 90 s2 1',
      ].map(tracked),
    );
    await log.slates.append([servedSlate('s1', 'ann', 1, [7, 8])]);
    expect(await read()).toEqual(['ann 1: 7@0 8@1+3', 'ann 2: 8@0 9@1+90']);
  });

  it('makes a slate of a visit where impressions name none, and finds the slate of an event that names none', async () => {
    await log.appendEvents(
      [
        'ann saw 1 0',
        'ann saw 2 10',
        'ann click 1 12',
        'bob saw 1 10',
        'ann saw 3 50',
        'ann click 3 51',
        // More than a visit after it was shown: of no slate.
        'ann click 2 60',
        'cyd saw 5 0 s5 0',
        'cyd saw 6 0 s5 1',
        'cyd click 6 4',
      ].map(tracked),
    );
    expect(await read()).toEqual(['ann 0: 1@255+12 2@255', 'cyd 0: 5@0 6@1+4', 'ann 50: 3@255+51']);
  });

  it('leaves out slates from which nothing was taken, but for the newest', async () => {
    await log.appendEvents(['ann saw 1 0 s1', 'ann saw 2 9 s2', 'ann hide 2 9 s2'].map(tracked));
    expect(await read()).toEqual([]);
    expect(await read({ allFromMs: START_MS + 5 * MINUTE_MS })).toEqual(['ann 9: 2@255']);
    expect(await read({ allFromMs: START_MS, toMs: START_MS + 5 * MINUTE_MS })).toEqual(['ann 0: 1@255']);
  });

  it('takes the word of the slate log where no client tracks impressions, down to the last item taken', async () => {
    await log.slates.append([servedSlate('s1', 'ann', 0, [1, 2, 3, 4]), servedSlate('s2', 'ann', 5, [5, 6])]);
    await log.appendEvents(['ann click 3 2 s1 2', 'ann click 1 3 s1 0'].map(tracked));
    expect(await read()).toEqual(['ann 0: 1@0+3 2@1 3@2+2']);
    // One client that does is enough: then an item without an impression was not shown.
    await log.appendEvents(
      ['bob saw 9 4 s9 0'].map(tracked).map((event) => ({ ...event, eventId: 'b' as never })),
    );
    expect(await read()).toEqual([]);
  });

  it('is the same however often it was delivered', async () => {
    const events = ['ann saw 1 0 s1 0', 'ann saw 2 0 s1 1', 'ann click 2 1 s1 1'].map(tracked);
    await log.appendEvents(events);
    const once = await read();
    await log.appendEvents(events);
    await log.slates.append([servedSlate('s1', 'ann', 0, [1, 2]), servedSlate('s1', 'ann', 0, [1, 2])]);
    expect(await read()).toEqual(once);
  });

  it('agrees with a plain reading of a random log', async () => {
    const random = seededRandom(4);
    const pick = (count: number): number => Math.floor(random() * count);
    const lines = Array.from({ length: 600 }, () => {
      const slate = pick(60);
      const type = random() < 0.7 ? 'saw' : 'click';
      return `u${slate % 7} ${type} ${slate + pick(5)} ${slate * 20 + pick(15)} s${slate} ${pick(5)}`;
    });
    await log.appendEvents(lines.map(tracked));
    expect(await read()).toEqual(plainReading(lines));
  });
});

/** The same by loops over lines that all name their slates. */
function plainReading(lines: readonly string[]): string[] {
  const slates = new Map<string, string[][]>();
  for (const fields of lines.map((line) => line.split(' ')))
    slates.set(fields[4], [...(slates.get(fields[4]) ?? []), fields]);
  return [...slates.values()]
    .filter((own) => own.some(([, type]) => type === 'saw') && own.some(([, type]) => type === 'click'))
    .map((own) => {
      const items = [...new Set(own.map(([, , item]) => Number(item)))].map((item) => {
        const signs = own.filter(([, , id]) => Number(id) === item);
        const least = (column: number): number => Math.min(...signs.map((sign) => Number(sign[column])));
        const clicks = signs.filter(([, type]) => type === 'click').map(([, , , minute]) => Number(minute));
        const taken = clicks.length > 0 ? `+${Math.max(...clicks)}` : '';
        return { item, position: least(5), seenAt: least(3), text: `${item}@${least(5)}${taken}` };
      });
      items.sort((a, b) => a.position - b.position || a.seenAt - b.seenAt || a.item - b.item);
      return {
        servedAt: Math.min(...items.map(({ seenAt }) => seenAt)),
        user: own[0][0],
        items,
        slate: own[0][4],
      };
    })
    .sort((a, b) => a.servedAt - b.servedAt || a.user.localeCompare(b.user) || (a.slate < b.slate ? -1 : 1))
    .map(({ user, servedAt, items }) => `${user} ${servedAt}: ${items.map(({ text }) => text).join(' ')}`);
}
