import { describe, expect, it } from 'vitest';
import { ConfigError, type Violation } from './config-error';
import { parseDescription } from './load-description';

const yaml = (experiments: string): string => `
namespace: shop
items: { attributes: { title: text, brand: category } }
events: { buy: { sentiment: positive } }
objectives: { buy: { event: buy, weight: 1 } }
surfaces: { home: {}, similar: {} }
experiments:
${experiments
  .trim()
  .split('\n')
  .map((line) => `  ${line}`)
  .join('\n')}
`;

function violationsOf(experiments: string): readonly Violation[] {
  try {
    parseDescription(yaml(experiments), 'winnow.yaml');
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.violations;
    throw thrown;
  }
  return [];
}

const texts = (experiments: string): string[] =>
  violationsOf(experiments).map(({ path, message }) => `${path} ${message}`);

describe('experiments in winnow.yaml', () => {
  it('say only what their arms change, in the order in which they stand', () => {
    const { experiments } = parseDescription(
      yaml(`
layers:
  retrieval:
    fresher:
      traffic: [0, 0.2]
      arms: { control: {}, more: { weight: 3, surfaces: { home: { sources: { fresh: 200, popular: 0 } } } } }
  models: { newer: { arms: { now: {}, next: { release: 20261121T070000Z-1a2b3c } } } }`),
      'winnow.yaml',
    );
    expect(experiments).toEqual({
      holdoutShare: 0.01,
      experiments: [
        {
          name: 'fresher',
          layer: 'retrieval',
          traffic: [0, 0.2],
          arms: [
            { name: 'control', weight: 1, surfaces: [] },
            {
              name: 'more',
              weight: 3,
              surfaces: [
                {
                  surface: 'home',
                  override: {
                    sources: [
                      { source: 'popular', quota: 0 },
                      { source: 'fresh', quota: 200 },
                    ],
                  },
                },
              ],
            },
          ],
        },
        {
          name: 'newer',
          layer: 'models',
          traffic: [0, 1],
          arms: [
            { name: 'now', weight: 1, surfaces: [] },
            { name: 'next', weight: 1, surfaces: [], release: '20261121T070000Z-1a2b3c' },
          ],
        },
      ],
    });
  });

  it('are refused with everything that is wrong with them', () => {
    expect(
      texts(`
layers:
  one:
    alone: { traffic: [0.2, 0.2], arms: { control: { surfaces: { hoem: {} } } } }
    idle: { traffic: [0, 0.5], arms: { control: {}, same: {} } }
    holdout: { traffic: [0.4, 1], arms: { control: {}, off: { surfaces: { home: { lightKeepCount: 100 } } } } }
  two:
    idle: { arms: { control: {}, narrow: { surfaces: { home: { lightKeepCount: 50 } } } } }`),
    ).toEqual([
      'experiments.layers.one.alone.traffic must be [from, to] with from < to; is [0.2, 0.2]',
      expect.stringMatching(/^experiments.layers.one.alone.arms has 1:/),
      expect.stringMatching(
        /^experiments.layers.one.alone.arms.control.surfaces.hoem there is no surface "hoem": .*home/,
      ),
      expect.stringMatching(/^experiments.layers.one.idle.arms change nothing/),
      expect.stringMatching(/^experiments.layers.one.holdout "holdout" is the permanent holdout/),
      expect.stringMatching(/^experiments.layers.one.holdout.traffic overlaps \[0, 0.5\] of idle/),
      expect.stringMatching(/^experiments.layers.two.idle layer one has an experiment of this name/),
      expect.stringMatching(
        /^experiments.layers.two.idle.arms.narrow.surfaces.home.lightKeepCount layer one changes it, too/,
      ),
    ]);
  });

  it('are refused when an arm makes a surface that would not be valid on its own', () => {
    expect(
      texts(`
layers:
  one:
    slow: { arms: { control: {}, slower: { surfaces: { home: { budgets: { heavyRankMs: 140 } } } } } }
    blind:
      arms:
        control: {}
        none: { surfaces: { similar: { sources: { similar: 0, two-tower: 0, popular: 0 } } } }
        cap: { surfaces: { home: { rerankers: [{ kind: cap, attribute: brend, countMax: 1, window: 3 }] } } }`).filter(
        (text) => !text.includes('overlaps'),
      ),
    ).toEqual([
      expect.stringMatching(
        /^experiments.layers.one.slow.arms.slower.surfaces.home.budgets add up to 203 ms/,
      ),
      expect.stringMatching(
        /^experiments.layers.one.blind.arms.cap.surfaces.home.rerankers\[0\].attribute there is no item attribute "brend"/,
      ),
      expect.stringMatching(/^experiments.layers.one.blind.arms.none.surfaces.similar.sources is empty/),
    ]);
  });

  it('are refused when arms of two layers are valid each and not together', () => {
    expect(
      texts(`
layers:
  one: { light: { arms: { control: {}, more: { surfaces: { home: { budgets: { lightRankMs: 40 } } } } } } }
  two: { heavy: { arms: { control: {}, more: { surfaces: { home: { budgets: { heavyRankMs: 70 } } } } } } }`),
    ).toEqual([
      expect.stringMatching(
        /^experiments.layers.two.heavy.arms.more.surfaces.home.budgets together with light=more: add up to 158 ms/,
      ),
    ]);
  });

  it('are refused when their arms meet in more ways than can be checked', () => {
    const parameters = [
      'deadlineMs: N',
      'lightKeepCount: N',
      'sources: { fresh: N }',
      'sources: { popular: N }',
      'sources: { similar: N }',
    ];
    const layers = parameters
      .map((parameter, index) => {
        const arm = (count: number): string =>
          `surfaces: { home: { ${parameter.replace('N', String(count))} } }`;
        return `  l${index}: { e${index}: { arms: { control: {}, a: { ${arm(200)} }, b: { ${arm(210)} }, c: { ${arm(220)} } } } }`;
      })
      .join('\n');
    expect(texts(`layers:\n${layers}`)).toEqual([
      expect.stringMatching(/^experiments.layers make more than 256 variants of surface home/),
    ]);
  });

  it('names settings that do not exist, inside an arm too', () => {
    expect(
      texts(
        `layers: { one: { e: { arms: { control: {}, b: { surfaces: { home: { lightKeepCuont: 5 } } } } } } }`,
      ),
    ).toEqual([expect.stringMatching(/lightKeepCuont is not a setting: .*lightKeepCount/)]);
  });
});
