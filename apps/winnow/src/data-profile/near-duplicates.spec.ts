import { seededRandom } from '@winnow/domain';
import { words } from '@winnow/features';
import { describe, expect, it } from 'vitest';
import { NearDuplicates, SIMILARITY_MIN } from './near-duplicates';

const similarity = (left: string, right: string): number => {
  const [a, b] = [new Set(words(left)), new Set(words(right))];
  const common = [...a].filter((word) => b.has(word)).length;
  return common / (a.size + b.size - common);
};

/** Titles of random words, every third one a copy of an earlier title with at most one word changed. */
function titlesWithCopies(count: number): string[] {
  const random = seededRandom(9);
  const word = (): string => `w${Math.floor(random() * 400)}`;
  const titles: string[] = [];
  for (let item = 0; item < count; item += 1) {
    const fresh = Array.from({ length: 6 + Math.floor(random() * 8) }, word);
    if (item % 3 !== 2) titles.push(fresh.join(' '));
    else {
      const copy = titles[Math.floor(random() * titles.length)].split(' ');
      copy[Math.floor(random() * copy.length)] = word();
      titles.push(copy.join(' '));
    }
  }
  return titles;
}

describe('near duplicates', () => {
  it('are those that comparing every pair finds', () => {
    const titles = titlesWithCopies(400);
    const found = new NearDuplicates('title');
    titles.forEach((title, item) => found.add(String(item), title));
    const alike = titles.map((title, item) =>
      titles.some((other, index) => index < item && similarity(title, other) >= SIMILARITY_MIN),
    );
    const expected = alike.filter(Boolean).length;
    const report = found.report()!;
    expect(expected).toBeGreaterThan(40);
    expect(report.comparedCount).toBe(400);
    expect(report.itemCount).toBeLessThanOrEqual(expected);
    expect(report.itemCount).toBeGreaterThanOrEqual(0.98 * expected);
  });

  it('are grouped, largest group first, whatever their case and punctuation', () => {
    const found = new NearDuplicates('title');
    for (const [id, title] of [
      ['1', 'Red Retrospot Cake Stand'],
      ['2', 'WHITE HANGING HEART'],
      ['3', 'red retrospot cake-stand!'],
      ['4', 'Cake stand, red, Retrospot'],
      ['5', 'White hanging  heart'],
      ['6', 'Iron Man 2'],
      ['7', 'Iron Man 3'],
      ['8', 'Alien'],
      ['9', 'Alien'],
    ])
      found.add(id, title);
    const report = found.report()!;
    expect(report.groups.map(({ itemIds }) => itemIds)).toEqual([
      ['1', '3', '4'],
      ['2', '5'],
    ]);
    expect(report).toMatchObject({ comparedCount: 7, itemCount: 3, groupCount: 2 });
  });

  it('count an item once that is listed twice', () => {
    const found = new NearDuplicates('title');
    for (let time = 0; time < 3; time += 1) found.add('1', 'the same title');
    expect(found.report()).toMatchObject({ comparedCount: 1, itemCount: 0 });
  });
});
