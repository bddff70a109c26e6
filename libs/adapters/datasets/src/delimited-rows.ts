import { readText, type TextFile } from './text-files';

/** One row of a file; `problem` says why its fields cannot be trusted. */
export interface Row {
  /** First line of the row, from 1. */
  readonly line: number;
  readonly raw: string;
  readonly fields: readonly string[];
  readonly problem: string | null;
  /** The file ends with this row and without a line end. */
  readonly unterminated: boolean;
}

export interface DelimitedFormat {
  readonly separator: string;
  /** RFC 4180: a field in double quotes may hold separators, line ends and doubled quotes. */
  readonly quoted: boolean;
}

/** Longer rows are refused: a binary file or a quote that never closes must not fill the memory. */
const ROW_LENGTH_MAX = 1024 * 1024;

interface QuotedRow {
  readonly fields: string[];
  /** Position behind the row's line end. */
  readonly end: number;
}

/** Index of the quote that ends a field which began before `from`; doubled quotes do not. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}

/** A row with quotes that begins at `start`; null when the text ends inside a quoted field. */
function parseQuotedRow(text: string, start: number, separator: string): QuotedRow | null {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    let field = '';
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1);
      if (close < 0) return null;
      field = text.slice(at + 1, close).replaceAll('""', '"');
      at = close + 1;
    }
    // What follows a closing quote, or a field without quotes.
    const newline = text.indexOf('\n', at);
    const lineEnd = newline < 0 ? text.length : newline;
    const next = text.indexOf(separator, at);
    const fieldEnd = next >= 0 && next < lineEnd ? next : lineEnd;
    field += text.slice(at, fieldEnd);
    if (fieldEnd === lineEnd && field.endsWith('\r')) field = field.slice(0, -1);
    fields.push(field);
    if (fieldEnd === lineEnd) return { fields, end: lineEnd + 1 };
    at = fieldEnd + separator.length;
  }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

/** Cuts text into rows. Text comes in pieces; a row is given out when its end has been seen. */
class RowCutter {
  readonly #format: DelimitedFormat;
  #text = '';
  #line = 1;

  constructor(format: DelimitedFormat) {
    this.#format = format;
  }

  /** Rows that are complete with this piece; with `last`, all that is left. */
  push(piece: string, last: boolean): Row[] {
    this.#text += piece;
    const rows: Row[] = [];
    let start = 0;
    while (start < this.#text.length) {
      const newline = this.#text.indexOf('\n', start);
      if (newline < 0 && !last) break;
      const end = newline < 0 ? this.#text.length : newline;
      const next = this.#cutRow(start, end, { last, unterminated: newline < 0 });
      if (next === null) break;
      if (next.row.raw !== '') rows.push(next.row);
      start = next.end;
    }
    this.#text = this.#text.slice(start);
    if (this.#text.length > ROW_LENGTH_MAX) rows.push(this.#dropOverlong());
    return rows;
  }

  /** The row at `start`, whose first line ends at `lineEnd`; null when more text is needed. */
  #cutRow(
    start: number,
    lineEnd: number,
    context: { readonly last: boolean; readonly unterminated: boolean },
  ): { row: Row; end: number } | null {
    const raw = withoutReturn(this.#text.slice(start, lineEnd));
    const line = this.#line;
    if (!this.#format.quoted || !raw.includes('"')) {
      this.#line += 1;
      const fields = raw.split(this.#format.separator);
      return {
        row: { line, raw, fields, problem: null, unterminated: context.unterminated },
        end: lineEnd + 1,
      };
    }
    const quoted = parseQuotedRow(this.#text, start, this.#format.separator);
    if (
      quoted !== null &&
      quoted.end - start <= ROW_LENGTH_MAX &&
      (quoted.end <= this.#text.length || context.last)
    ) {
      const whole = withoutReturn(this.#text.slice(start, quoted.end - 1));
      this.#line += whole.split('\n').length;
      const unterminated = quoted.end > this.#text.length;
      return {
        row: { line, raw: whole, fields: quoted.fields, problem: null, unterminated },
        end: quoted.end,
      };
    }
    if (!context.last && this.#text.length - start <= ROW_LENGTH_MAX) return null;
    // The quote never closes. Only its line is lost: the next one is read as a row again.
    this.#line += 1;
    const problem = 'a quote is not closed';
    return { row: { line, raw, fields: [], problem, unterminated: context.unterminated }, end: lineEnd + 1 };
  }

  #dropOverlong(): Row {
    const raw = this.#text.slice(0, 200);
    this.#text = '';
    return {
      line: this.#line,
      raw,
      fields: [],
      problem: 'the row is longer than 1 MiB',
      unterminated: false,
    };
  }
}

/** The rows of a delimited text file in batches; empty lines are left out. Memory does not grow with the file. */
export async function* readRows(file: TextFile, format: DelimitedFormat): AsyncGenerator<readonly Row[]> {
  const cutter = new RowCutter(format);
  for await (const piece of readText(file)) {
    const rows = cutter.push(piece, false);
    if (rows.length > 0) yield rows;
  }
  const rest = cutter.push('', true);
  if (rest.length > 0) yield rest;
}
