import { ok, seededRandom, shuffle } from '@winnow/domain';
import type { Interaction, OnlineStateReader } from '@winnow/domain';
import { evaluateRankings, globalTimeSplit } from '@winnow/evaluation';
import type { EvaluationWindow, RankingReport } from '@winnow/evaluation';
import { ItemTable, PointInTimeReplay } from '@winnow/features';
import { frameUpTo, frameWithout } from '../frame';
import { offlineFunnel, rankUsers, replayedUsers } from '../offline-funnel';
import type { OfflineModels } from '../offline-funnel';
import { trainModels } from '../train-models';
import type { GlobalTimeOptions } from './global-time';

/** Each pair of user and item is in the frame once. */
export interface ColdStartOptions extends GlobalTimeOptions {
  /** Share of the vocabulary whose events no model sees. */
  readonly hideItems: number;
}

/** How often the funnel finds items that nobody was ever seen with. */
export interface HiddenItemFigures {
  readonly itemCount: number;
  /** Users who turned to one of them in the test window. */
  readonly userCount: number;
  /** By k. */
  readonly recall: readonly {
    readonly k: number;
    readonly funnel: number;
    /** Expected of a list drawn from the vocabulary. */
    readonly random: number;
  }[];
}

/** What somebody's last few clicks are worth beside all of their history. */
export interface NewUserFigures {
  readonly userCount: number;
  readonly clickCount: number;
  /** By k. */
  readonly recall: readonly { readonly k: number; readonly full: number; readonly newUser: number }[];
}

export interface ColdStartReport {
  readonly protocol: 'cold-start';
  readonly seed: number;
  readonly vocabularyCount: number;
  readonly hidden: HiddenItemFigures;
  readonly newUsers: NewUserFigures;
  readonly durationMs: number;
}

/** Clicks of a new user. */
const CLICKS = 3;
/** Spreads the draw of hidden items away from the models' own. */
const HIDE_SALT = 0xc01d;

/**
 * The whole funnel on what is new, under the global-time split. Hidden items are in the catalogue with their content as if
 * they had arrived at the first test moment; none of their events is learnt from, counted, or in anybody's history.
 * New users are the same users with the last three interactions of their history alone; both times what a user ever had
 * is left out of the list.
 */
export async function evaluateColdStart(options: ColdStartOptions): Promise<ColdStartReport> {
  const { description, frame, seed, ks, onProgress } = options;
  const startedAtMs = performance.now();
  const { test } = globalTimeSplit(frame.events);
  const hidden = hiddenItems(test.vocabulary, options);
  const past = frameUpTo(frame, test.past.users.length);
  const known = frameWithout(past, hidden);
  const trained = await trainModels({
    ...options,
    items: arrivingAt(options.items, hidden, test.startMs),
    frame: known,
    onProgress: (note, fraction) => onProgress?.(note, 0.8 * fraction),
  });
  const replay = new PointInTimeReplay({ events: known.events, description });
  replay.advanceToTime(test.startMs);
  const everything = new PointInTimeReplay({ events: past.events, description });
  everything.advanceToTime(test.startMs);
  const models = trained.engines(replay.counters);
  const userCount = test.cases.length;
  const ask = (historyCountMax: number, from: number): Promise<Uint32Array[]> =>
    rankCases({
      ...{ models, test, k: Math.max(...ks) },
      users: withHistory(replayedUsers(known, replay), historyCountMax, (user) => everything.seen(user)),
      onProgress: (done) => onProgress?.(`${done} of ${userCount} users`, from + (0.1 * done) / userCount),
    });
  const full = await ask(Infinity, 0.8);
  const few = await ask(CLICKS, 0.9);
  return {
    protocol: 'cold-start',
    seed,
    vocabularyCount: test.vocabulary.length,
    hidden: hiddenFigures(full, { test, hidden, ks }),
    newUsers: newUserFigures({ full, few }, test, ks),
    durationMs: performance.now() - startedAtMs,
  };
}

/** A share of the vocabulary, drawn by the seed. */
function hiddenItems(
  vocabulary: Uint32Array,
  { hideItems, seed }: Pick<ColdStartOptions, 'hideItems' | 'seed'>,
): ReadonlySet<number> {
  if (!(hideItems > 0 && hideItems < 1))
    throw new RangeError('the share of hidden items is above 0 and below 1');
  const order = shuffle(vocabulary.slice(), seededRandom(seed ^ HIDE_SALT));
  return new Set(order.subarray(0, Math.max(1, Math.round(hideItems * vocabulary.length))));
}

/** The same catalogue, but some of its items are only just there. */
function arrivingAt(items: ItemTable, arriving: ReadonlySet<number>, timeMs: number): ItemTable {
  const table = ItemTable.fromTensors(items.toTensors());
  for (const ordinal of arriving) {
    const itemId = items.itemId(ordinal);
    if (itemId === null) continue;
    const attributes = items.attributes(ordinal);
    table.remove(ordinal);
    table.upsert({
      ...{ itemId, attributes, available: true, firstSeenAtMs: timeMs },
      ordinal: items.ordinalOf(itemId)!,
    });
  }
  return table;
}

/** Users with the newest part of their history only, but with all that they have seen. */
function withHistory(
  users: OnlineStateReader,
  historyCountMax: number,
  seen: (user: number) => Uint32Array,
): OnlineStateReader {
  const newest = (history: readonly Interaction[]): readonly Interaction[] =>
    historyCountMax < history.length ? history.slice(-historyCountMax) : history;
  return {
    async userState(id) {
      const state = await users.userState(id);
      if (!state.ok) return state;
      const { recentInteractions, attributes } = state.value;
      return ok({
        attributes,
        recentInteractions: newest(recentInteractions),
        seenOrdinals: seen(Number(id)),
      });
    },
  };
}

async function rankCases(options: {
  readonly models: OfflineModels;
  readonly users: OnlineStateReader;
  readonly test: EvaluationWindow;
  readonly k: number;
  readonly onProgress: (done: number) => void;
}): Promise<Uint32Array[]> {
  const { models, users, test, k, onProgress } = options;
  const vocabulary = new Set(test.vocabulary);
  const funnel = await offlineFunnel({
    ...{ models, users, nowMs: test.startMs },
    eligible: (ordinal) => vocabulary.has(ordinal),
  });
  return rankUsers(funnel, { users: test.cases.map(({ user }) => user), k, nowMs: test.startMs, onProgress });
}

function hiddenFigures(
  rankings: readonly Uint32Array[],
  found: {
    readonly test: EvaluationWindow;
    readonly hidden: ReadonlySet<number>;
    readonly ks: readonly number[];
  },
): HiddenItemFigures {
  const { test, hidden, ks } = found;
  // Users without a hidden item to find are left out of the means.
  const relevant = test.cases.map((one) => one.relevant.filter((ordinal) => hidden.has(ordinal)));
  const report = evaluateRankings({ rankings, relevant, ks });
  return {
    itemCount: hidden.size,
    userCount: report.queryCount,
    recall: ks.map((k) => ({
      k,
      funnel: recallOf(report, k),
      random: Math.min(1, k / test.vocabulary.length),
    })),
  };
}

function newUserFigures(
  { full, few }: { readonly full: readonly Uint32Array[]; readonly few: readonly Uint32Array[] },
  test: EvaluationWindow,
  ks: readonly number[],
): NewUserFigures {
  const relevant = test.cases.map((one) => one.relevant);
  const [all, newUser] = [full, few].map((rankings) => evaluateRankings({ rankings, relevant, ks }));
  return {
    userCount: all.queryCount,
    clickCount: CLICKS,
    recall: ks.map((k) => ({ k, full: recallOf(all, k), newUser: recallOf(newUser, k) })),
  };
}

const recallOf = (report: RankingReport, k: number): number => report.at[k].recall.mean;
