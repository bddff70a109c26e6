import { gaussian, ordinal as toOrdinal, seededRandom, shuffle } from '@winnow/domain';
import type { EventColumns, EventTypeDescription, Interaction, QueryFeatures } from '@winnow/domain';
import type { ContentSource, ProfileSource } from './content-source';

/** A small world whose truth is known: items in clusters, users who stay in one, content that names the cluster. */
export const CLUSTERS = 4;
export const ITEMS = 80;
export const clusterOf = (ordinal: number): number => ordinal % CLUSTERS;

export const EVENT_TYPES: readonly EventTypeDescription[] = [
  { name: 'take', sentiment: 'positive', value: 1, countsAsSeen: true },
  { name: 'reject', sentiment: 'negative', value: 0, countsAsSeen: true },
];

/** One content row per cluster, and one dense number. */
export const content: ContentSource = {
  contentRowCount: CLUSTERS,
  denseCount: 1,
  content: (ordinal) => ({ rows: Uint32Array.of(clusterOf(ordinal)), weights: Float32Array.of(1) }),
  dense: (ordinal, out, offset) => {
    out[offset] = Math.sin(ordinal);
  },
  version: () => 1,
};

/** One row for everybody, one per parity of the history's length. */
export const profile: ProfileSource = {
  profileRowCount: 3,
  queryProfile: ({ history }) => ({
    rows: Uint32Array.of(0, 1 + (history.length % 2)),
    weights: Float32Array.of(1, 0.5),
  }),
};

/** Users take items of their cluster, one an hour. */
export function plantedEvents(userCount: number, perUser: number, seed = 3): EventColumns {
  const random = seededRandom(seed);
  const rows: { user: number; ordinal: number; timeMs: number }[] = [];
  for (let user = 0; user < userCount; user += 1) {
    const own = Uint32Array.from({ length: ITEMS }, (_, item) => item).filter(
      (item) => clusterOf(item) === user % CLUSTERS,
    );
    shuffle(own, random)
      .slice(0, perUser)
      .forEach((ordinal, place) => rows.push({ user, ordinal, timeMs: place * 3_600_000 + user }));
  }
  rows.sort((left, right) => left.timeMs - right.timeMs);
  return {
    count: rows.length,
    users: Uint32Array.from(rows, ({ user }) => user),
    ordinals: Uint32Array.from(rows, ({ ordinal }) => ordinal),
    eventTypes: new Uint8Array(rows.length),
    timesMs: Float64Array.from(rows, ({ timeMs }) => timeMs),
    values: new Float32Array(rows.length).fill(1),
    userIds: Array.from({ length: userCount }, (_, user) => `user-${user}`),
  };
}

export const interaction = (ordinal: number, timeMs: number): Interaction => ({
  ordinal: toOrdinal(ordinal),
  eventType: 0,
  timeMs,
  value: 1,
});

export const queryWith = (...ordinals: number[]): QueryFeatures => ({
  history: ordinals.map((ordinal, place) => interaction(ordinal, place * 3_600_000)),
  seedOrdinals: [],
  userAttributes: {},
  context: {},
  nowMs: ordinals.length * 3_600_000,
});

export const allOrdinals = (): Uint32Array => Uint32Array.from({ length: ITEMS }, (_, ordinal) => ordinal);

/** The k items with the largest inner products. */
export function nearest(query: Float32Array, vectors: Float32Array, k: number): number[] {
  const scores = Array.from({ length: vectors.length / query.length }, (_, item) =>
    query.reduce((sum, value, axis) => sum + value * vectors[item * query.length + axis], 0),
  );
  return scores
    .map((_, item) => item)
    .sort((left, right) => scores[right] - scores[left])
    .slice(0, k);
}

/** Standard normal features, row-major [rows, count]. */
export function noise(rows: number, count: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * count }, () => gaussian(random));
}
