import { describe, expect, it } from 'vitest';
import { whyText, type Why } from './why-text';

const why: Why = {
  userId: 'ada',
  itemId: 'i1',
  title: 'A thing',
  surface: 'home',
  release: '20261121T070000Z-1a2b3c',
  k: 20,
  atMs: Date.UTC(2026, 10, 21),
  historyCount: 3,
  isSeen: false,
  isAvailable: true,
  sources: [{ source: 'popular', count: 100 }],
  foundBy: [{ source: 'popular', rank: 7 }],
  ranked: [
    { component: 'light-ranker', rank: 31, outOf: 694, score: 0.5, headValues: [] },
    { component: 'heavy-ranker', rank: 27, outOf: 200, score: 0.25, headValues: [0.2, 0.05] },
  ],
  loss: { at: 'ranking', component: 'heavy-ranker', rank: 27 },
  position: null,
  heads: ['click', 'buy'],
  lastShown: { title: 'Another', score: 0.3 },
};

const firstLine = (changes: Partial<Why>): string => whyText({ ...why, ...changes }).split('\n')[0];

describe('the answer to why', () => {
  it('has the verdict first, then every stage with its rank, and what the last one shown had', () => {
    const text = whyText(why);
    expect(text).toMatch(/^A thing \(i1\) for ada on home, as of 2026-11-21.*#27 by heavy-ranker/);
    expect(text).toContain('found by popular #7');
    expect(text).toContain('light-ranker  #31 of 694, score 0.5000\n');
    expect(text).toContain(
      '#27 of 200, score 0.2500 (click 0.200, buy 0.050); the last one shown, Another, has 0.3000',
    );
  });

  it('tells apart why no source brought it', () => {
    const lost = { loss: { at: 'retrieval' } as const, foundBy: [], ranked: [] };
    expect(firstLine({ ...lost })).toContain('no source found it');
    expect(firstLine({ ...lost, isSeen: true })).toContain('the user has had it');
    expect(firstLine({ ...lost, isAvailable: false })).toContain('it is not available');
  });

  it('names the filter, the cut, the re-ranker, or the position', () => {
    expect(firstLine({ loss: { at: 'filter', component: 'genres' } })).toContain(
      'the filter genres removed it',
    );
    expect(
      firstLine({ loss: { at: 'cut', component: 'light-ranker', rank: 231, keptCount: 200 } }),
    ).toContain('#231 after light-ranker, of which 200 go on');
    expect(firstLine({ loss: { at: 'reranking', component: 'mmr', rank: 22 } })).toContain(
      'mmr put it at #22',
    );
    expect(firstLine({ loss: null, position: 4 })).toContain('shown, at position 4');
  });
});
