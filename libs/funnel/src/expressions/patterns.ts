import { RE2JS } from '@bufbuild/re2';

const PATTERN_COUNT_MAX = 500;

/** A compiled pattern; matching is linear in the text, whatever the pattern. */
export interface Pattern {
  test(text: string): boolean;
}

const compiled = new Map<string, Pattern>();

/**
 * Compiles an RE2 pattern and keeps the last few hundred: the CEL library would compile it again for every item.
 * Throws when the pattern is not RE2.
 */
export function compilePattern(source: string): Pattern {
  const pattern = compiled.get(source) ?? RE2JS.compile(source);
  compiled.delete(source);
  compiled.set(source, pattern);
  if (compiled.size > PATTERN_COUNT_MAX) {
    const [oldest] = compiled.keys();
    compiled.delete(oldest);
  }
  return pattern;
}
