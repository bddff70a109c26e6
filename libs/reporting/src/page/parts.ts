import { type Markup, markup, type MarkupValue } from '../markup/markup';
import { seriesClass } from '../plots/palette';

/** A figure that stands for itself. */
export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly detail?: string;
}

export const tiles = (entries: readonly Tile[]): Markup =>
  markup`<dl class="tiles">${entries.map(
    ({ name, value, detail }) =>
      markup`<div class="tile"><dt>${name}</dt><dd>${value}${detail ? markup`<span class="detail">${detail}</span>` : null}</dd></div>`,
  )}</dl>`;

/** Something to act on (`bad`), to know (`note`), or to be glad of (`good`). */
export interface Note {
  readonly tone: 'good' | 'note' | 'bad';
  readonly title: string;
  readonly text: string;
}

export const notes = (entries: readonly Note[]): Markup =>
  markup`<ul class="notes">${entries.map(
    ({ tone, title, text }) => markup`<li class="${tone}"><b>${title}</b> ${text}</li>`,
  )}</ul>`;

export const paragraph = (text: MarkupValue): Markup => markup`<p>${text}</p>`;

/** A column of a table. The first column names the row. */
export interface TableColumn<Row> {
  readonly title: string;
  readonly number?: boolean;
  readonly cell: (row: Row) => MarkupValue;
  /** Sets the cell off: the best of its column. */
  readonly best?: (row: Row) => boolean;
}

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
}

/** A table that a screen reader can walk: a caption, column headers, and the first cell heading its row. */
export function table<Row>({ caption, columns, rows }: TableOptions<Row>): Markup {
  const head = columns.map(
    ({ title, number }) => markup`<th scope="col"${number ? markup` class="number"` : null}>${title}</th>`,
  );
  const body = rows.map((row) => {
    const cells = columns.map(({ cell, number, best }, index) => {
      if (index === 0) return markup`<th scope="row">${cell(row)}</th>`;
      const names = [number ? 'number' : '', best?.(row) ? 'best' : ''].filter(Boolean).join(' ');
      return markup`<td${names ? markup` class="${names}"` : null}>${cell(row)}</td>`;
    });
    return markup`<tr>${cells}</tr>`;
  });
  return markup`<div class="table" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

export interface FigureOptions {
  readonly title: string;
  /** What to see in it, and how it was counted. */
  readonly caption?: string;
  readonly plot: Markup;
  /** Names of the series in their order, when there are several. */
  readonly legend?: readonly string[];
  /** Whether the swatches are lines; default bars. */
  readonly lines?: boolean;
  /** The same in figures, for who cannot see the plot or wants them. */
  readonly data?: Markup;
  /** Takes the whole width of the page. */
  readonly wide?: boolean;
}

export const figure = ({ title, caption, plot, legend, lines, data, wide }: FigureOptions): Markup =>
  markup`<figure${wide ? markup` class="wide"` : null}><figcaption>${title}</figcaption>${
    caption ? markup`<p class="caption">${caption}</p>` : null
  }${legend && legend.length > 1 ? drawLegend(legend, lines ?? false) : null}${plot}${
    data ? markup`<details><summary>In figures</summary>${data}</details>` : null
  }</figure>`;

export const figures = (entries: readonly Markup[]): Markup => markup`<div class="figures">${entries}</div>`;

const drawLegend = (names: readonly string[], lines: boolean): Markup =>
  markup`<ul class="legend">${names.map(
    (name, index) =>
      markup`<li><svg viewBox="0 0 24 10" aria-hidden="true" class="${seriesClass(index)}">${
        lines
          ? markup`<path class="line" d="M0 5H24"/>`
          : markup`<rect class="bar" x="4" width="14" height="10"/>`
      }</svg>${name}</li>`,
  )}</ul>`;
