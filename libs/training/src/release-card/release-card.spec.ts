import { RELEASE_FORMAT_VERSION, releaseVersion } from '@winnow/domain';
import { evaluateRankings } from '@winnow/evaluation';
import { ItemTable } from '@winnow/features';
import { renderModelCard } from '@winnow/reporting';
import { itemId, ordinal } from '@winnow/domain';
import type { Description } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { countBands, groupByAttribute, groupByCount } from './groupings';
import { holdoutEvidence } from './holdout-evidence';
import { releaseCard } from './release-card';
import type { ReleaseCardOptions } from './release-card';

describe('groups', () => {
  it('by count are bands that leave no count out', () => {
    const { names } = countBands([0, 1, 5, 50]);
    expect(names).toEqual(['0', '1 to 4', '5 to 49', '50 or more']);
    const { groupsOf } = groupByCount(countBands([1, 5]), (id) => id);
    expect([0, 1, 4, 5, 900].map((id) => [...Array.from(groupsOf(id))])).toEqual([[], [0], [0], [1], [1]]);
  });

  it('by category are its values, most frequent first, several for a list, and one for who states none', () => {
    const tags = [['a', 'b'], ['b'], undefined, []];
    const { names, groupsOf } = groupByAttribute([0, 1, 2, 3], (id) => tags[id]);
    expect(names).toEqual(['b', 'a', 'not stated']);
    expect([0, 1, 2, 3].map((id) => [...Array.from(groupsOf(id))].sort())).toEqual([[0, 1], [0], [2], [2]]);
  });

  it('by category put rare values together', () => {
    const { names, groupsOf } = groupByAttribute(
      Uint32Array.from({ length: 40 }, (_, id) => id),
      (id) => `v${id % 25}`,
    );
    expect(names).toHaveLength(21);
    expect(names.at(-1)).toBe('others');
    const sizes = new Array<number>(21).fill(0);
    for (let id = 0; id < 40; id += 1) for (const group of Array.from(groupsOf(id))) sizes[group] += 1;
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40);
  });

  it('by number are quarters', () => {
    const { names, groupsOf } = groupByAttribute([0, 1, 2, 3, 4, 5, 6, 7], (id) => id * 10);
    expect(names.toSorted()).toEqual(['20 to below 40', '40 to below 60', '60 and more', 'below 20']);
    expect(names[groupsOf(3)[0]]).toBe('20 to below 40');
    expect(names[groupsOf(7)[0]]).toBe('60 and more');
  });
});

const description = {
  items: { attributes: [{ name: 'genre', type: 'category' }] },
  users: { attributes: [{ name: 'country', type: 'category' }] },
  events: [{ name: 'buy', sentiment: 'positive', value: 1, countsAsSeen: true }],
  objectives: [{ head: 'buy', event: 'buy', weight: 1 }],
  training: { historyCountMax: 50 },
  fairness: { itemGroups: ['genre'], userGroups: ['country'] },
} as unknown as Description;

function catalogue(): ItemTable {
  const items = new ItemTable(description.items.attributes);
  for (let number = 0; number < 6; number += 1)
    items.upsert({
      ordinal: ordinal(number),
      itemId: itemId(`i${number}`),
      attributes: { genre: number < 4 ? 'drama' : 'horror' },
      available: true,
      firstSeenAtMs: 0,
    });
  return items;
}

/** Three users from NL and BE; item 0 was bought seven times before, items 4 and 5 never. */
function evidence() {
  const rankings = [
    [1, 4],
    [2, 0],
    [3, 1],
  ].map((ranking) => Uint32Array.from(ranking));
  const relevant = [[1], [5], [3, 2]].map((items) => Uint32Array.from(items));
  const ordinals = Uint32Array.from([0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 1, 5, 3, 2]);
  const report = evaluateRankings({ rankings, relevant, ks: [10, 20] });
  return holdoutEvidence({
    description,
    items: catalogue(),
    frame: {
      userAttributes: [{ country: 'NL' }, { country: 'BE' }, { country: 'NL' }],
      events: {
        count: 14,
        ordinals,
        users: new Uint32Array(14),
        eventTypes: new Uint8Array(14),
        timesMs: Float64Array.from(ordinals, (_, event) => event * 86_400_000),
        values: new Float32Array(14),
        userIds: ['', '', ''],
      },
    },
    holdoutIndex: 10,
    rankings,
    cases: relevant.map((items, user) => ({ user, relevant: items })),
    reports: { candidate: report, popular: report, serving: null },
    interactionCount: (user) => [3, 8, 4][user],
  });
}

describe('what a card says of held-out events', () => {
  const { userSlices, itemSlices, fairness, metrics, coverage, eventCount, fromMs } = evidence();

  it('has every metric with its interval, for the release and for what it is compared with', () => {
    expect(metrics.map(({ name }) => name)).toContain('ndcg@20');
    const recall = metrics.find(({ name }) => name === 'recall@20')!;
    // Hits: all of one, none of one, one of two.
    expect(recall.candidate.mean).toBe(0.5);
    expect(recall.candidate.low).toBeLessThanOrEqual(0.5);
    expect(recall.serving).toBeNull();
    expect(coverage).toBeCloseTo(5 / 6, 12);
    expect([eventCount, fromMs]).toEqual([4, 10 * 86_400_000]);
  });

  it('tells users apart by their past, and items by how often they were chosen before', () => {
    expect(userSlices[0].groups.map(({ name, userCount }) => [name, userCount])).toEqual([
      ['1 to 4', 2],
      ['5 to 19', 1],
    ]);
    const [never, few, more] = itemSlices[0].groups;
    expect([never.relevantCount, never.recall]).toEqual([1, 0]);
    expect([few.relevantCount, few.recall]).toEqual([3, 2 / 3]);
    expect(more).toMatchObject({ name: '5 to 49', relevantCount: 0 });
  });

  it('compares the groups that winnow.yaml names', () => {
    const [country] = fairness.users;
    expect(country.groups.map(({ name, recall }) => [name, recall.mean])).toEqual([
      ['NL', 0.75],
      ['BE', 0],
    ]);
    expect(country.parity).toBe(0);
    const [genre] = fairness.items;
    expect(genre.groups.map(({ name, relevantShare }) => [name, relevantShare])).toEqual([
      ['drama', 0.75],
      ['horror', 0.25],
    ]);
  });
});

const options = (): ReleaseCardOptions => ({
  manifest: {
    formatVersion: RELEASE_FORMAT_VERSION,
    version: releaseVersion('20261121T070000Z-1a2b3c'),
    createdAtMs: Date.UTC(2026, 10, 21, 7),
    parent: null,
    codeVersion: '0.1.0',
    namespace: 'shop',
    featureSetHash: 'f',
    dimension: 64,
    itemCount: 6,
    ordinalLimit: 6,
    heads: ['buy'],
    eventTypes: ['buy'],
    seeds: { training: 1 },
    dataWindow: { fromMs: 0, toMs: 13 * 86_400_000, eventCount: 14 },
    cursors: { events: '0', catalog: '0' },
    index: { kind: 'exact', shards: 1, m: 0, efConstruction: 0, efSearch: 0, recallAt500: 1 },
    metrics: {},
    curves: {},
    verdict: { promoted: false, reason: 'it lost' },
    golden: { historyOrdinals: [], expectedOrdinals: [] },
  },
  description,
  dataset: { userCount: 3 } as ReleaseCardOptions['dataset'],
  verdict: {
    promoted: false,
    reason: 'it <lost>',
    checks: [
      {
        ...{ topic: 'baselines', name: 'NDCG@20 over the popular list', interval: null },
        ...{ measured: -0.1, required: 0, bound: 'above', outcome: 'failed', says: '' },
      },
    ],
  },
  holdout: evidence(),
  trainings: {
    'two-tower': {
      losses: [3, 2, 1.5],
      validation: [0.1, 0.2, 0.15],
      bestEpoch: 2,
      exampleCount: 1_000,
      examplesPerSecond: 500,
      durationMs: 6_000,
      metrics: { 'recall@100': 0.4 },
    },
  },
});

describe('a model card', () => {
  it('says what the release was made from, how well it does, and what it cannot be expected to do', () => {
    const card = releaseCard(options());
    expect(card.data).toMatchObject({ eventCount: 14, userCount: 3, itemCount: 6 });
    expect(card.models.features.length).toBeGreaterThan(5);
    expect(card.limits.join(' ')).toContain('measured on 3 users and 3.0 days');
    expect(card.limits.join(' ')).toContain('25.0 % had never been chosen before; 0.0 % of that was found');
  });

  it('is a page without holes, also after it was written as JSON and when nothing was measured', () => {
    const card = releaseCard(options());
    const page = renderModelCard(JSON.parse(JSON.stringify(card)) as typeof card);
    expect(page).not.toMatch(/NaN|undefined|Infinity|null|<script/);
    expect(page).toContain('it &lt;lost&gt;');
    expect(page).toContain('✗ failed');
    expect(page).toContain('Recall@20 by country');
    expect(page).toContain('Exposure by genre');
    const unmeasured = releaseCard({ ...options(), holdout: null });
    expect(renderModelCard(unmeasured)).toContain('Quality was not measured');
  });
});
