/** A piece of HTML or SVG that may stand in a page as it is. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What a template may hold: text and numbers are escaped, markup is not, nothing is left out silently but `null`. */
export type MarkupValue = string | number | null | Markup | readonly MarkupValue[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for an element or a quoted attribute. Control characters, which HTML forbids, become spaces. */
export const escapeText = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, ' ')
    .replace(/[&<>"']/g, (character) => ESCAPES[character]);

function textOf(value: MarkupValue): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return value.map(textOf).join('');
}

/** Template tag: what a report says comes from other people's data, so it is escaped unless it is {@link Markup}. */
export const markup = (strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup =>
  new Markup(strings.reduce((text, piece, index) => text + textOf(values[index - 1] ?? null) + piece));
