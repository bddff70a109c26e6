import { isCelError, parse, plan, celEnv } from '@bufbuild/cel';
import { itemId, ordinal, seededRandom, type AttributeDefinition, type Attributes } from '@winnow/domain';
import { ItemTable } from '@winnow/features';
import { describe, expect, it } from 'vitest';
import { compileExpression, EXPRESSION_LENGTH_MAX, type ExpressionVerdict } from './expression';
import { ExpressionCompiler } from './expression-compiler';
import { ExpressionScope, ItemBindings } from './expression-scope';
import { vocabularyOf } from './expression-types';

const itemAttributes: readonly AttributeDefinition[] = [
  { name: 'title', type: 'text' },
  { name: 'year', type: 'number' },
  { name: 'maker', type: 'category' },
  { name: 'genres', type: 'categories' },
  { name: 'released', type: 'timestamp' },
  { name: 'look', type: 'embedding', dimension: 2 },
];
const userAttributes: readonly AttributeDefinition[] = [
  { name: 'age', type: 'number' },
  { name: 'country', type: 'category' },
];
const vocabulary = vocabularyOf(itemAttributes, userAttributes);
const nowMs = Date.UTC(2026, 0, 31);

const rows: readonly Attributes[] = [
  { title: 'Alien', year: 1979, maker: 'Fox', genres: ['horror', 'scifi'], released: Date.UTC(1979, 4, 25) },
  { title: 'Brazil', year: 1985, maker: 'Embassy', genres: ['scifi'], released: Date.UTC(2026, 0, 30) },
  { title: 'Clue', maker: 'Paramount', genres: ['comedy'] },
  { year: 2001.5 },
];
const items = new ItemTable(itemAttributes, 'title');
for (const [index, attributes] of rows.entries())
  items.upsert({
    ordinal: ordinal(index),
    itemId: itemId(`i${index}`),
    attributes,
    available: true,
    firstSeenAtMs: 0,
  });
const bindings = new ItemBindings(items, itemAttributes);

function compiled(source: string) {
  const result = compileExpression(source, vocabulary);
  if (!result.ok) throw new Error(result.error.reason);
  return result.value;
}

function verdicts(source: string, user: Attributes = { age: 30, country: 'FR' }): ExpressionVerdict[] {
  const expression = compiled(source);
  const scope = new ExpressionScope({
    items: bindings,
    userAttributes: user,
    userDefinitions: userAttributes,
    nowMs,
  });
  return rows.map((_, index) => {
    scope.ordinal = index;
    return expression.evaluate(scope);
  });
}

const none = 'no-value';

describe('expressions', () => {
  it.each<[string, ExpressionVerdict[]]>([
    ['item.year >= 1980', [false, true, none, true]],
    ['item.year == 2001.5', [false, false, none, true]],
    ['item.maker == "Fox" || item.year > 2000', [true, false, none, true]],
    ['has(item.year) && item.year < 1980', [true, false, false, false]],
    ['"scifi" in item.genres', [true, true, false, none]],
    ['item.maker in ["Fox", "Paramount"]', [true, false, true, none]],
    ['item.title.startsWith("A")', [true, false, false, none]],
    ['item.id != "i1"', [true, false, true, true]],
    ['!(item.year > 1980)', [true, false, none, false]],
    ['user.age >= 18 && user.country == "FR"', [true, true, true, true]],
    ['item.genres.exists(g, g.startsWith("h"))', [true, false, false, none]],
    ['item.released > now - duration("72h")', [false, true, none, none]],
    ['item.released < timestamp("1980-01-01T00:00:00Z")', [true, false, none, none]],
    ['item.year + 1.0 > 1985.5', [false, true, none, true]],
    ['size(item.genres) == 2', [true, false, false, none]],
    ['item.title.matches("^[AB]")', [true, true, false, none]],
    ['true', [true, true, true, true]],
  ])('%s', (source, expected) => {
    expect(verdicts(source)).toEqual(expected);
  });

  it('has no value where the user lacks the attribute', () => {
    expect(verdicts('user.age >= 18', {})).toEqual([none, none, none, none]);
    expect(verdicts('has(user.age)', {})).toEqual([false, false, false, false]);
  });

  it('sees an item anew after it has changed', () => {
    const table = new ItemTable(itemAttributes);
    const put = (maker: string): void =>
      table.upsert({
        ordinal: ordinal(0),
        itemId: itemId('x'),
        attributes: { maker },
        available: true,
        firstSeenAtMs: 0,
      });
    put('Fox');
    const scope = new ExpressionScope({
      items: new ItemBindings(table, itemAttributes),
      userAttributes: {},
      userDefinitions: [],
      nowMs,
    });
    const expression = compiled('item.maker == "Fox"');
    expect(expression.evaluate(scope)).toBe(true);
    put('Embassy');
    expect(expression.evaluate(scope)).toBe(false);
  });

  it.each<[string, RegExp]>([
    ['item.year >=', /does not parse/],
    ['', /does not parse|empty/],
    ['item.year', /must yield a bool, yields double/],
    ['"yes"', /must yield a bool, yields string/],
    ['size(item.genres)', /must yield a bool, yields int/],
    ['item.genres.map(g, g)', /must yield a bool, yields list/],
    ['item.yeer > 1', /item has no attribute 'yeer'; known: id, title, year/],
    ['item.year > 1 && item.yeer > 1', /item has no attribute 'yeer'/],
    ['user.shoe > 1', /user has no attribute 'shoe'; known: age, country/],
    ['item.look == 1', /item has no attribute 'look'/],
    ['film.year > 1', /unknown name 'film'/],
    ['item.year > "1980"', /double and string cannot be compared/],
    ['item.year == "1980"', /double and string are never equal/],
    ['item.year + 1 > 3', /double \+ int is not defined; a number is a double: write 1\.0/],
    ['"x" in item.maker', /'in' needs a list/],
    ['item.year && true', /needs bools/],
    ['item.title.matches("(")', /'\(' is not a pattern/],
    ['item.year.startsWith("1")', /startsWith\(\) is for strings/],
    ['{"a": 1}.size() == 1', /not allowed/],
    ['[1].all(a, [1].all(b, [1].all(c, true)))', /nested 2 deep/],
    ['a'.repeat(EXPRESSION_LENGTH_MAX + 1), /at most 4096/],
  ])('refuses %s', (source, reason) => {
    const result = compileExpression(source, vocabulary);
    if (result.ok) throw new Error('was accepted');
    expect(result.error).toMatchObject({ kind: 'client', component: 'filter' });
    expect(result.error.reason).toMatch(reason);
  });

  it('reports a result of another type where only evaluation can tell', () => {
    expect(verdicts('item.genres[0]')[0]).toEqual({ wrongType: 'string' });
  });

  it('keeps compiled expressions, refused ones too', () => {
    const compiler = new ExpressionCompiler({
      items: { attributes: itemAttributes },
      users: { attributes: userAttributes },
    });
    expect(compiler.compile('item.year > 1')).toBe(compiler.compile('item.year > 1'));
    expect(compiler.compile('item.year >')).toBe(compiler.compile('item.year >'));
  });
});

describe('direct evaluation', () => {
  const environment = celEnv();

  /** The interpreter's answer, which is the oracle. */
  function interpreted(source: string, index: number, user: Attributes): ExpressionVerdict {
    const value = plan(
      environment,
      parse(source),
    )({
      item: { ...rows[index], id: `i${index}` },
      user,
    } as never);
    return isCelError(value) ? 'no-value' : (value as boolean);
  }

  it('gives the same answers as the CEL interpreter on random expressions', () => {
    const random = seededRandom(7);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
    const atom = (): string =>
      pick([
        () =>
          `item.year ${pick(['<', '<=', '>', '>=', '==', '!='])} ${pick(['1979', '1985', '2001.5', '2000'])}`,
        () => `user.age ${pick(['<', '>='])} ${pick(['18', '30', '30.5'])}`,
        () => `item.maker ${pick(['==', '!='])} "${pick(['Fox', 'Embassy', 'None'])}"`,
        () => `item.maker in ["Fox", "${pick(['Embassy', 'None'])}"]`,
        () => `"${pick(['scifi', 'comedy', 'none'])}" in item.genres`,
        () => `item.title.${pick(['startsWith', 'endsWith', 'contains'])}("${pick(['A', 'l', 'ue'])}")`,
        () => `has(${pick(['item.year', 'item.title', 'item.genres', 'user.age', 'user.country'])})`,
        () => `item.title.matches("${pick(['^A', 'l+', '[xyz]'])}")`,
        () => pick(['true', 'false']),
      ])();
    const expression = (depth: number): string => {
      if (depth === 0) return atom();
      const side = (): string => expression(depth - 1);
      return pick([
        () => `(${side()} && ${side()})`,
        () => `(${side()} || ${side()})`,
        () => `!(${side()})`,
        atom,
      ])();
    };
    for (let count = 0; count < 500; count += 1) {
      const source = expression(3);
      const user: Attributes = random() < 0.5 ? { age: 30 } : {};
      expect(compiled(source).direct, source).toBe(true);
      expect(verdicts(source, user), source).toEqual(
        rows.map((_, index) => interpreted(source, index, user)),
      );
    }
  });
});
