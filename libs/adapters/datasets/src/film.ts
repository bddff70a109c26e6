import type { Attributes } from '@winnow/domain';

/** The last year in brackets, which may be followed by remarks such as `(V)`. */
const YEAR_PATTERN = /\s*\((\d{4})(?:[-–/][^)]*)?\)(?!.*\(\d{4})/;

/** `Toy Story (1995)` → title and year. A title that is nothing but a year in brackets stays as it is. */
export function splitTitle(text: string): { title: string; year: number | null } {
  const match = YEAR_PATTERN.exec(text);
  const title = match ? text.replace(match[0], '').replace(/\s+/g, ' ').trim() : text.trim();
  if (!match || title === '') return { title: text.trim(), year: null };
  return { title, year: Number(match[1]) };
}

/** What all film data sets have in common: `title` text, `year` number, `genres` categories. */
export function filmAttributes(titleWithYear: string, genres: readonly string[]): Attributes {
  const { title, year } = splitTitle(titleWithYear);
  const cleaned = genres.map((genre) => genre.trim()).filter((genre) => genre !== '' && genre !== NO_GENRES);
  return { title, ...(year !== null && { year }), genres: [...new Set(cleaned)] };
}

const NO_GENRES = '(no genres listed)';
