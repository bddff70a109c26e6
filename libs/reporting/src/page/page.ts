import { Markup, markup } from '../markup/markup';
import { styleSheet } from './style-sheet';

export interface Section {
  readonly title: string;
  readonly content: readonly Markup[];
}

export interface PageOptions {
  readonly title: string;
  /** A sentence under the title: what this is, of when. */
  readonly lead: Markup;
  /** Before the first section: what a reader in a hurry needs. */
  readonly summary: readonly Markup[];
  readonly sections: readonly Section[];
  /** How the page came to be. */
  readonly footer: string;
}

/**
 * One HTML file that needs nothing else: styles and pictures are in it, and no script, so it can be mailed, archived and
 * opened from a disk.
 */
export function renderPage({ title, lead, summary, sections, footer }: PageOptions): string {
  const entries = sections.map((section, index) => ({ ...section, id: `section-${index + 1}` }));
  const links = entries.map(({ id, title: name }) => markup`<li><a href="#${id}">${name}</a></li>`);
  const body = entries.map(
    ({ id, title: name, content }) =>
      markup`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>${content}</section>`,
  );
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(styleSheet())}</style>
</head>
<body>
<main>
<header><h1>${title}</h1><p class="lead">${lead}</p></header>
<nav aria-label="Contents"><ul>${links}</ul></nav>
${summary}
${body}
<footer>${footer}</footer>
</main>
</body>
</html>
`.text;
}
