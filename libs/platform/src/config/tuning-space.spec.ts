import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config-error';
import { changeSettings } from './settings-text';
import { describeTrial, parseTuning } from './tuning-space';

const example = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../../examples', `${name}.yaml`), 'utf8');

const EXAMPLES = ['online-retail', 'movietweetings', 'movielens-1m', 'synthetic'].map(example);

/** Lines of `after` that `before` has not. */
const newLines = (before: string, after: string): string[] => {
  const old = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !old.has(line));
};

const DESCRIBED = example('online-retail');
/** Where the first line of a `tuning` section is when it is added to the description. */
const TUNING_LINE = DESCRIBED.split('\n').length + 1;

/** Lines are counted from the beginning of the `tuning` section, which has number 1. */
const violationsOf = (
  tuning: string,
  stage: 'two-tower' | 'rankers' | 'funnel' = 'funnel',
): readonly string[] => {
  try {
    parseTuning(`${DESCRIBED}\n${tuning}`, 'winnow.yaml', stage);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.violations.map(
      ({ path, line, message }) => `${(line ?? 0) - TUNING_LINE + 1} ${path}: ${message}`,
    );
  }
};

describe('writing settings back', () => {
  it.each(EXAMPLES)('changes and adds what it is told in example %#, and no other byte', (text) => {
    const settings = {
      'training.twoTower.learningRate': 0.00317,
      'training.twoTower.epochsMax': 11,
      'training.trendingHalfLifeHours.1': 1000,
      'training.heavyRanker.architecture': 'deepfm',
      'training.heavyRanker.calibrate': true,
      'surfaces.home.sources.two-tower': 321,
      'surfaces.home.lightKeepCount': 150,
    };
    const changed = changeSettings(text, settings);
    expect(describeTrial(text, 'winnow.yaml', settings).training).toMatchObject({
      twoTower: { learningRate: 0.00317, epochsMax: 11 },
      heavyRanker: { architecture: 'deepfm', calibrate: true },
    });
    const comments = (yaml: string): string[] => yaml.match(/#.*$/gm) ?? [];
    expect(comments(changed)).toEqual(comments(text));
    expect(newLines(text, changed).length).toBeLessThanOrEqual(Object.keys(settings).length + 2);
    expect(changeSettings(changed, settings)).toBe(changed);
  });

  it('keeps the layout of one-line maps and what is said beside a value', () => {
    const text = example('online-retail');
    const changed = changeSettings(text, {
      'training.trendingHalfLifeHours.0': 24,
      'surfaces.home.sources.trending': 40,
      'objectives.buy.weight': 2,
    });
    expect(newLines(text, changed)).toEqual([
      '  buy: { event: purchase, weight: 2 }',
      '    sources: { two-tower: 600, similar: 100, trending: 40 } # baskets repeat tastes, not fashions: lists for everybody only crowd them out',
      '  trendingHalfLifeHours: [24, 720] # three days and a month: seasonal goods come and go',
    ]);
  });

  it('writes a list whole that was left to its default, and makes sections that are missing', () => {
    const text =
      'namespace: a\nitems: {}\nevents:\n  click: { sentiment: positive }\nobjectives:\n  click: { event: click, weight: 1 }\n';
    const changed = changeSettings(text, {
      'training.trendingHalfLifeHours.1': 500,
      'training.twoTower.temperature': 0.2,
    });
    expect(changed).toBe(
      `${text}training:\n  trendingHalfLifeHours: [48, 500]\n  twoTower:\n    temperature: 0.2\n`,
    );
  });
});

describe('the search space', () => {
  it('is by default of the stage, over settings that have a value, starting from what the file says', () => {
    const of = (stage: 'two-tower' | 'rankers' | 'funnel') =>
      parseTuning(example('online-retail'), 'winnow.yaml', stage);
    const tower = of('two-tower');
    expect(tower.space.map(({ path }) => path)).toContain('training.twoTower.temperature');
    expect(tower.defaults).toMatchObject({
      'training.dimension': 64,
      'training.twoTower.learningRate': 0.002,
    });
    const rankers = of('rankers');
    expect(rankers.defaults).toMatchObject({
      'training.trendingHalfLifeHours.0': 72,
      'surfaces.home.sources.two-tower': 600,
    });
    expect(rankers.defaults).not.toHaveProperty('surfaces.home.sources.trending');
    expect(of('funnel').space).toHaveLength(tower.space.length + rankers.space.length);
    expect(tower.space.find(({ path }) => path === 'training.historyCountMax')).toMatchObject({
      whole: true,
    });
    expect(tower.space.find(({ path }) => path === 'training.twoTower.temperature')).toMatchObject({
      whole: false,
    });
  });

  it('is valid by default in every example', () => {
    for (const text of EXAMPLES)
      expect(parseTuning(text, 'winnow.yaml', 'funnel').space.length).toBeGreaterThan(10);
  });

  it('is what the file lists, of which a stage reads its own part', () => {
    const text = `${example('online-retail')}
tuning:
  sampler: random
  halving: { rungs: 1 }
  parameters:
    training.dimension: { choices: [16, 32] }
    training.ranker.epochsMax: { low: 2, high: 12 }
`;
    const setup = parseTuning(text, 'winnow.yaml', 'rankers');
    expect(setup).toMatchObject({
      sampler: 'random',
      halving: { factor: 3, rungs: 1 },
      ignored: ['training.dimension'],
    });
    expect(setup.space).toEqual([
      { kind: 'number', path: 'training.ranker.epochsMax', low: 2, high: 12, scale: 'linear', whole: true },
    ]);
  });

  it('lists every violation with its line', () => {
    const violations = violationsOf(`tuning:
  parameters:
    training.dimension: { choices: [2, 64, 64] }
    training.twoTower.learningRate: { low: 0, high: 20, scale: log }
    training.twoTower.temprature: { low: 0.1, high: 0.2 }
    training.ranker.epochsMax: { low: 9, high: 3 }
    training.heavyRanker.architecture: { choices: [deepfm, resnet] }
    surfaces.home.sources.trending: { low: 10, high: 100 }
`);
    const said = violations.join('\n');
    expect(said).toMatch(/3 tuning.parameters.training.dimension.choices: names a choice twice/);
    expect(said).toMatch(/3 tuning.parameters.training.dimension.choices\[0\]: must be at least 4; is 2/);
    expect(said).toMatch(/learningRate.low: must be more than 0; is 0/);
    expect(said).toMatch(/learningRate.low: must be above 0 on a log scale/);
    expect(said).toMatch(/learningRate.high: must be at most 10; is 20/);
    expect(said).toMatch(/5 tuning.parameters.training.twoTower.temprature: is no setting/);
    expect(said).toMatch(/epochsMax.low: must be below high, which is 3; is 9/);
    expect(said).toMatch(/choices\[1\]: must be one of wide-attentive-cross, .*; is "resnet"/);
    expect(said).toMatch(/8 tuning.parameters.surfaces.home.sources.trending: has no value to start from/);
    expect(violations).toHaveLength(9);
  });

  it('refuses shapes and paths that no tuning section has, and a list of nothing that the stage reads', () => {
    const shapes = violationsOf(
      'tuning:\n  sampler: grid\n  halving: { factor: 1 }\n  parameters: { seed: { low: 1, high: 2 } }\n',
    );
    expect(shapes.join('\n')).toMatch(/sampler: must be one of tpe, random; is "grid"/);
    expect(shapes.join('\n')).toMatch(/halving.factor: must be at least 2; is 1/);
    expect(shapes.join('\n')).toMatch(/tuning.parameters.seed: as a name must be the path of a setting/);
    const other = violationsOf(
      'tuning:\n  parameters:\n    training.dimension: { choices: [16, 32] }\n',
      'rankers',
    );
    expect(other.join('\n')).toMatch(/has nothing that --stage rankers reads/);
  });
});
