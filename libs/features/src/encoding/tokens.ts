const WORD = /[\p{L}\p{N}]+/gu;
/** Longer runs are ids or noise; cutting them bounds the work per text. */
const WORD_LENGTH_MAX = 32;
/** A title has ten words, a description a hundred; the rest adds nothing to a mean. */
const WORD_COUNT_MAX = 256;

/** Lower-cased words of a text in order, compatibility-normalised so that ﬁ and fi agree. */
export function words(text: string): string[] {
  const found = text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
  return found.slice(0, WORD_COUNT_MAX).map((word) => word.slice(0, WORD_LENGTH_MAX));
}

/** Character 3-grams of a word with its edges marked: `cat` gives ^ca, cat, at$. */
export function characterTrigrams(word: string): string[] {
  const marked = `^${word}$`;
  return Array.from({ length: Math.max(0, marked.length - 2) }, (_, start) => marked.slice(start, start + 3));
}
