import { describe, expect, it } from 'vitest';
import { characterTrigrams, words } from './tokens';

describe('words', () => {
  it('lower-cases and splits at whatever is neither letter nor digit, in any script', () => {
    expect(words('Été—à PÉKIN, 北京 2001: O’Brien')).toEqual([
      'été',
      'à',
      'pékin',
      '北京',
      '2001',
      'o',
      'brien',
    ]);
    expect(words('ﬁlm')).toEqual(words('film'));
    expect(words(' … ')).toEqual([]);
  });

  it('bounds the number and the length of words', () => {
    expect(words('a '.repeat(10_000))).toHaveLength(256);
    expect(words('x'.repeat(5_000))).toEqual(['x'.repeat(32)]);
  });
});

describe('characterTrigrams', () => {
  it('marks the edges of the word', () => {
    expect(characterTrigrams('cat')).toEqual(['^ca', 'cat', 'at$']);
    expect(characterTrigrams('a')).toEqual(['^a$']);
    expect(characterTrigrams('')).toEqual([]);
  });
});
