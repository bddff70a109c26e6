import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CANARY, DEFAULT_GATE } from '@winnow/domain';
import { ConfigError, type Violation } from './config-error';
import { formatDescriptionSchema } from './description-schema';
import { loadDescription, parseDescription } from './load-description';

const root = join(import.meta.dirname, '../../../..');

const MINIMAL = `
namespace: shop
items: { attributes: { title: text, price: number, tags: categories } }
events: { buy: { sentiment: positive } }
objectives: { buy: { event: buy, weight: 1 } }
`;

function violationsOf(text: string): readonly Violation[] {
  try {
    parseDescription(text, 'winnow.yaml');
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.violations;
    throw thrown;
  }
  return [];
}

const pathsOf = (text: string): string[] => violationsOf(text).map(({ path }) => path);

describe('a winnow.yaml', () => {
  it('may say four things and leave the rest to defaults', () => {
    const description = parseDescription(MINIMAL, 'winnow.yaml');
    expect(description.surfaces.map((surface) => surface.name)).toEqual(['home', 'similar']);
    expect(description.surfaces[0]).toMatchObject({
      deadlineMs: 150,
      lightKeepCount: 200,
      filters: { seen: true },
      sources: [
        { source: 'two-tower', quota: 500 },
        { source: 'similar', quota: 200 },
        { source: 'trending', quota: 150 },
        { source: 'popular', quota: 100 },
        { source: 'fresh', quota: 50 },
      ],
    });
    expect(description.events).toEqual([
      { name: 'buy', sentiment: 'positive', value: 1, countsAsSeen: true },
    ]);
    expect(description.training.twoTower.batchSize).toBeGreaterThan(0);
    expect(description.retraining.cron).toBe('0 4 * * *');
  });

  it('keeps the order of its events, which numbers them', () => {
    const text = MINIMAL.replace(
      'events: { buy: { sentiment: positive } }',
      'events: { view: { sentiment: neutral }, buy: { sentiment: positive, value: 3 }, hide: { sentiment: negative } }',
    );
    expect(parseDescription(text, 'winnow.yaml').events).toEqual([
      { name: 'view', sentiment: 'neutral', value: 0, countsAsSeen: false },
      { name: 'buy', sentiment: 'positive', value: 3, countsAsSeen: true },
      { name: 'hide', sentiment: 'negative', value: 0, countsAsSeen: true },
    ]);
  });

  it('is refused with every violation, its line and a remedy', () => {
    const text = `namespace: Shop
items:
  title: titel
  attributes:
    title: text
    price: float
    picture: { type: embedding, dimension: 0 }
evnts: {}
events:
  buy: { sentiment: positive, value: -1 }
objectives:
  buy: { event: bye, weight: 1 }
surfaces:
  similar:
    deadlineMs: 50
    sources: { two-tower: 0, populer: 10 }
    rerankers:
      - { kind: cap, attribute: price, countMax: 10, window: 10 }
      - { kind: shuffle }
retraining: { cron: '0 25 * * *' }
`;
    const violations = violationsOf(text);
    const byPath = Object.fromEntries(violations.map(({ path, ...rest }) => [path, rest]));
    expect(byPath['namespace']).toMatchObject({ line: 1, message: expect.stringContaining('lower-case') });
    expect(byPath['evnts']).toEqual({ line: 8, message: 'is not a setting: did you mean "events"?' });
    expect(byPath['items.attributes.price']).toMatchObject({
      line: 6,
      message: expect.stringContaining('number'),
    });
    expect(byPath['items.attributes.picture.dimension']).toEqual({
      line: 7,
      message: 'must be at least 1; is 0',
    });
    expect(byPath['events.buy.value']).toMatchObject({ line: 10, message: 'must be at least 0; is -1' });
    expect(byPath['surfaces.similar.sources.two-tower']).toMatchObject({ line: 16 });
    expect(byPath['surfaces.similar.sources.populer']).toEqual({
      line: 16,
      message: 'is not a setting: did you mean "popular"?',
    });
    expect(byPath['surfaces.similar.rerankers[1].kind']).toEqual({
      line: 19,
      message: 'must be one of mmr, cap, new-items, epsilon-greedy, thompson, cold-start',
    });
  });

  it('lists violations across sections together with those of single fields', () => {
    const text = MINIMAL.replace('event: buy', 'event: bye').replace('shop', 'SHOP');
    expect(pathsOf(text)).toEqual(['namespace', 'objectives.buy.event']);
  });

  it.each([
    [
      'an objective of an unknown event',
      ['event: buy', 'event: by'],
      'objectives.buy.event',
      'did you mean "buy"?',
    ],
    ['objectives that want nothing', ['weight: 1', 'weight: -1'], 'objectives', 'weight above 0'],
    ['no positive event', ['sentiment: positive', 'sentiment: neutral'], 'events', 'sentiment: positive'],
    [
      'a title that is not there',
      ['attributes:', 'title: name, attributes:'],
      'items.title',
      'no item attribute "name"',
    ],
    [
      'a title that is not text',
      ['attributes:', 'title: price, attributes:'],
      'items.title',
      'of type number',
    ],
    [
      'an event called impression',
      ['events: {', 'events: { impression: { sentiment: neutral },'],
      'events.impression',
      'built in',
    ],
  ])('is refused with %s', (_case, [from, to], path, message) => {
    expect(violationsOf(MINIMAL.replace(from, to))).toEqual([
      expect.objectContaining({ path, message: expect.stringContaining(message), line: expect.any(Number) }),
    ]);
  });

  it.each([
    ['no home', 'similar: {}', 'surfaces', 'home: {}'],
    ['budgets beyond the deadline', 'home: { deadlineMs: 100 }', 'surfaces.home.budgets', '113 ms'],
    ['no source', 'home: { sources: {} }', 'surfaces.home.sources', 'add a source'],
    [
      'broken CEL',
      "home: { filters: { expression: 'item.price >' } }",
      'surfaces.home.filters.expression',
      'CEL',
    ],
    [
      'a cap by price',
      'home: { rerankers: [{ kind: cap, attribute: price, countMax: 1, window: 5 }] }',
      'surfaces.home.rerankers[0].attribute',
      'category or categories',
    ],
    [
      'a cap that never bites',
      'home: { rerankers: [{ kind: cap, attribute: tags, countMax: 5, window: 5 }] }',
      'surfaces.home.rerankers[0].countMax',
      'never bites',
    ],
    [
      'MMR by an attribute without a name',
      'home: { rerankers: [{ kind: mmr, by: attribute }] }',
      'surfaces.home.rerankers[0]',
      'add attribute',
    ],
    [
      'MMR by vector with an attribute',
      'home: { rerankers: [{ kind: mmr, attribute: tags }] }',
      'surfaces.home.rerankers[0].attribute',
      'by: attribute',
    ],
  ])('is refused with a surface that has %s', (_case, surfaces, path, message) => {
    expect(violationsOf(`${MINIMAL}surfaces: { ${surfaces} }\n`)).toEqual([
      expect.objectContaining({ path, message: expect.stringContaining(message) }),
    ]);
  });

  it.each(['* * * *', '60 * * * *', '5-1 * * * *', '*/0 * * * *', 'a * * * *', ''])(
    'is refused with the cron "%s"',
    (cron) => {
      expect(pathsOf(`${MINIMAL}retraining: { cron: '${cron}' }\n`)).toEqual(['retraining.cron']);
    },
  );

  it.each(['*/15 2-4,22 1 jan-mar mon', '0 0 31 12 7'])('takes the cron "%s"', (cron) => {
    expect(pathsOf(`${MINIMAL}retraining: { cron: '${cron}' }\n`)).toEqual([]);
  });

  it('names the groups that model cards compare, by attributes that make groups', () => {
    const users = 'users: { attributes: { country: category } }\n';
    const named = (fairness: string): string => `${MINIMAL}${users}fairness: ${fairness}\n`;
    expect(parseDescription(named('{ itemGroups: [tags], userGroups: [country] }'), '').fairness).toEqual({
      itemGroups: ['tags'],
      userGroups: ['country'],
    });
    expect(parseDescription(MINIMAL, '').fairness).toBeUndefined();
    expect(violationsOf(named('{ itemGroups: [tag, title], userGroups: [price] }'))).toEqual([
      expect.objectContaining({ path: 'fairness.itemGroups[0]', message: expect.stringContaining('tags') }),
      expect.objectContaining({
        path: 'fairness.itemGroups[1]',
        message: expect.stringContaining('of type text'),
      }),
      expect.objectContaining({
        path: 'fairness.userGroups[0]',
        message: expect.stringContaining('there is no user attribute "price"'),
      }),
    ]);
  });

  it('is refused with half-lives in the wrong order', () => {
    expect(pathsOf(`${MINIMAL}training: { trendingHalfLifeHours: [336, 48] }\n`)).toEqual([
      'training.trendingHalfLifeHours',
    ]);
  });

  it('names the heavy ranker’s architecture, one of those that there are', () => {
    const named = (name: string): string =>
      `${MINIMAL}training: { heavyRanker: { architecture: ${name} } }\n`;
    expect(parseDescription(named('bst'), 'winnow.yaml').training.heavyRanker.architecture).toBe('bst');
    expect(parseDescription(MINIMAL, 'winnow.yaml').training.heavyRanker.architecture).toBe(
      'wide-attentive-cross',
    );
    expect(violationsOf(named('wide-and-shallow'))).toEqual([
      expect.objectContaining({
        path: 'training.heavyRanker.architecture',
        message: expect.stringContaining('wide-and-deep, deepfm, neumf, dlrm, dcn-v2, din, bst, mmoe, ple'),
      }),
    ]);
  });

  it('is refused with more event types than one byte numbers', () => {
    const events = Array.from({ length: 256 }, (_, index) => `e${index}: { sentiment: positive }`).join(', ');
    const text = MINIMAL.replace('events: { buy', `events: { ${events}, buy`);
    expect(violationsOf(text)).toEqual([
      expect.objectContaining({ path: 'events', message: expect.stringContaining('255 at most') }),
    ]);
  });

  it('is refused with one name twice, on the line of the second', () => {
    const [violation] = violationsOf('namespace: shop\nnamespace: shop\n');
    expect(violation).toMatchObject({ line: 2, message: expect.stringContaining('unique') });
  });

  it.each([
    ['nothing', ''],
    ['a list', '- a\n- b\n'],
    ['broken YAML', 'namespace: [a\n'],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefg'[index]}`).join(',')}]`)
        .join('\n')}\n`,
    ],
  ])('is refused when it holds %s', (_case, text) => {
    expect(violationsOf(text).length).toBeGreaterThan(0);
  });

  it('may set or switch off any limit of the gate', () => {
    const gate =
      'retraining: { gate: { confidence: 0.9, indexRecallDropMax: off, popular: { decideBy: low } } }';
    expect(parseDescription(`${MINIMAL}${gate}`, 'winnow.yaml').retraining.gate).toEqual({
      ...DEFAULT_GATE,
      ...{ confidence: 0.9, indexRecallDropMax: 'off' },
      popular: { ndcgLeadMin: 0, decideBy: 'low' },
    });
    expect(parseDescription(MINIMAL, 'winnow.yaml').retraining.gate).toEqual(DEFAULT_GATE);
  });

  it.each([
    ['a limit that is no share', 'agreement: { shareMin: 2 }', 'agreement.shareMin'],
    ['a limit that is a word', 'slices: { ndcgDropMax: none }', 'slices.ndcgDropMax'],
    ['a slice of an attribute that is not there', 'slices: { itemGroups: [colour] }', 'slices.itemGroups[0]'],
    [
      'an irrelevant attribute that is not there',
      'behaviour: { irrelevantAttributes: [device] }',
      'behaviour.irrelevantAttributes[0]',
    ],
  ])('is refused with a gate that has %s', (_case, gate, path) => {
    expect(pathsOf(`${MINIMAL}retraining: { gate: { ${gate} } }`)).toEqual([`retraining.gate.${path}`]);
  });

  it('keeps events for ever unless it says for how long, and for as long as training wants them', () => {
    const parsed = (text: string) => parseDescription(`${MINIMAL}${text}`, 'winnow.yaml').eventLog;
    expect(parseDescription(MINIMAL, 'winnow.yaml')).not.toHaveProperty('eventLog');
    expect(parsed('eventLog: { retentionDays: 400 }')).toEqual({ retentionDays: 400 });
    expect(parsed('retraining: { windowDays: 30 }\neventLog: { retentionDays: 30 }')?.retentionDays).toBe(30);
    const tooShort = 'retraining: { windowDays: 30 }\neventLog: { retentionDays: 29 }\n';
    expect(pathsOf(`${MINIMAL}${tooShort}`)).toEqual(['eventLog.retentionDays']);
  });

  it('has no canary unless it asks for one', () => {
    expect(parseDescription(MINIMAL, 'winnow.yaml').retraining).not.toHaveProperty('canary');
    const canaryOf = (settings: string) =>
      parseDescription(`${MINIMAL}retraining: { canary: { ${settings} } }`, 'winnow.yaml').retraining.canary;
    expect(canaryOf('')).toEqual(DEFAULT_CANARY);
    expect(canaryOf('share: 0.2, decideBy: low')).toEqual({ ...DEFAULT_CANARY, share: 0.2, decideBy: 'low' });
  });

  it.each([
    ['most of the users', 'canary: { share: 0.6 }', 'share'],
    ['an end that the next release comes before', 'canary: { hoursMax: 24 }', 'hoursMax'],
    ['an end that an hourly release comes before', "cron: '0 * * * *', canary: {}", 'hoursMax'],
    ['an end before the least time', 'canary: { hoursMin: 9, hoursMax: 8 }', 'hoursMin'],
  ])('is refused with a canary for %s', (_case, retraining, path) => {
    expect(pathsOf(`${MINIMAL}retraining: { ${retraining} }`)).toEqual([`retraining.canary.${path}`]);
  });

  it('prints all of it in the message of the error', () => {
    expect(() => parseDescription(MINIMAL.replace('shop', 'SHOP'), 'my/winnow.yaml')).toThrow(
      /^my\/winnow\.yaml has 1 violation:\n {2}namespace \(line 2\): must be lower-case/,
    );
  });

  it('that does not exist is refused with what to do', async () => {
    await expect(loadDescription('/nowhere/winnow.yaml')).rejects.toThrow(
      /does not exist: copy one from examples/,
    );
  });
});

describe('the examples', () => {
  const files = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.yaml'));

  it('cover every public data set and the synthetic world', () => {
    expect(files.sort()).toEqual([
      'movielens-100k.yaml',
      'movielens-1m.yaml',
      'movietweetings.yaml',
      'online-retail.yaml',
      'synthetic.yaml',
    ]);
  });

  it.each(files)('%s is valid, with the surfaces home and similar', async (file) => {
    const description = await loadDescription(join(root, 'examples', file));
    expect(description.surfaces.map((surface) => surface.name)).toEqual(['home', 'similar']);
    expect(description.namespace).toBe(file.replace('.yaml', ''));
  });
});

describe('schema/winnow.schema.json', () => {
  it('is what the code generates (npx tsx scripts/generate-description-schema.ts)', () => {
    expect(readFileSync(join(root, 'schema/winnow.schema.json'), 'utf8')).toBe(formatDescriptionSchema());
  });
});
