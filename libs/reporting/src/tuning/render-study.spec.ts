import type { EvaluationRecord, StudySettings } from '@winnow/tuning';
import { describe, expect, it } from 'vitest';
import { renderStudy } from './render-study';

const STUDY: StudySettings = {
  formatVersion: 1,
  data: 'films',
  untilMs: null,
  stage: 'two-tower',
  seed: 4,
  sampler: 'tpe',
  parallel: 1,
  halving: { factor: 3, rungs: 2, bracketTrials: 9 },
  space: [
    {
      kind: 'number',
      path: 'training.twoTower.temperature',
      low: 0.05,
      high: 0.4,
      scale: 'log',
      whole: false,
    },
    { kind: 'choice', path: 'training.heavyRanker.rankingLoss', choices: ['listwise', 'pairwise'] },
  ],
  defaults: { 'training.twoTower.temperature': 0.15, 'training.heavyRanker.rankingLoss': 'none' },
  confirmSeeds: 1,
};

const record = (trial: number, more: Partial<EvaluationRecord> = {}): EvaluationRecord => ({
  ...{ trial, rung: 0, repeat: 0, share: 1 / 3, seed: 4 },
  settings: {
    'training.twoTower.temperature': 0.06 + 0.01 * trial,
    'training.heavyRanker.rankingLoss': trial % 2 ? 'listwise' : 'pairwise',
  },
  objective: 0.1 + 0.005 * trial,
  metrics: { recall: 0.12 },
  startedAtMs: 0,
  durationMs: 60_000,
  ...more,
});

const FULL = { rung: 1, share: 1 };
const RECORDS = [
  record(0, { ...FULL, settings: STUDY.defaults }),
  ...[1, 2, 3, 4].map((trial) => record(trial)),
  record(5, { objective: null, reason: 'the <loss> is not a number' }),
  record(4, { ...FULL, objective: 0.14 }),
  record(4, { ...FULL, repeat: 1, objective: 0.13 }),
  record(0, { ...FULL, repeat: 1, settings: STUDY.defaults }),
];

const dotsOf = (html: string, figure: string): number => {
  const from = html.indexOf(`<figcaption>${figure}</figcaption>`);
  return [...html.slice(from, html.indexOf('</figure>', from)).matchAll(/<circle/g)].length;
};

describe('a study as a page', () => {
  const html = renderStudy({ study: STUDY, records: RECORDS, diff: '-   a: 1\n+   a: 2 # <now>' });

  it('shows every result once by trial, and every trial once by parameter', () => {
    expect(dotsOf(html, 'Objective by trial')).toBe(6);
    expect(dotsOf(html, 'training.twoTower.temperature')).toBe(5);
    // The defaults' choice is not in the space.
    expect(dotsOf(html, 'training.heavyRanker.rankingLoss')).toBe(4);
  });

  it('says what was found, with the change and what failed, and breaks out of nothing', () => {
    expect(html).toContain('Trial 4 beats the defaults also with other seeds.');
    expect(html).toContain('Mean over 2 seeds: 0.1350 against 0.1000 of the defaults.');
    expect(html).toContain('+   a: 2 # &lt;now&gt;');
    expect(html).toContain('failed: the &lt;loss&gt; is not a number');
    expect(html).toMatch(/class="number best">0.1400/);
    expect(html).not.toMatch(/NaN|undefined|Infinity|>null<|<script/);
  });

  it('claims no improvement before there is one', () => {
    expect(renderStudy({ study: STUDY, records: RECORDS.slice(0, 3), diff: '' })).toContain(
      'No trial beats the defaults.',
    );
    const once = renderStudy({ study: STUDY, records: RECORDS.slice(0, 7), diff: '' });
    expect(once).toContain('Trial 4 is the best, with one seed.');
    const worse = renderStudy({
      study: STUDY,
      records: [...RECORDS.slice(0, 7), record(4, { ...FULL, repeat: 1, objective: 0.05 }), RECORDS[8]],
      diff: '',
    });
    expect(worse).toContain('Trial 4 is no better with other seeds.');
    expect(renderStudy({ study: STUDY, records: [], diff: '' })).not.toMatch(/NaN|undefined|Infinity/);
  });
});
