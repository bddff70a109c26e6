import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { trackedFiles } from './tracked-files';

const root = resolve(import.meta.dirname, '..');
const documents = trackedFiles(root).filter((path) => path.endsWith('.md'));

/** Fenced code is not prose: what looks like a link there is none. */
const withoutCode = (text: string): string =>
  text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');

/** GitHub's rule for the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const anchorsOf = (path: string): Set<string> =>
  new Set(
    [
      ...readFileSync(path, 'utf8')
        .replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
        .matchAll(/^#{1,6}\s+(.+)$/gm),
    ].map((match) => anchorOf(match[1])),
  );

function brokenLinks(document: string): string[] {
  const path = join(root, document);
  const links = [...withoutCode(readFileSync(path, 'utf8')).matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
  return links.flatMap(([, link]) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return [];
    const [file, anchor] = decodeURI(link).split('#');
    const target =
      file === '' ? path : file.startsWith('/') ? join(root, file) : resolve(dirname(path), file);
    if (!existsSync(target)) return [`${document}: ${link} does not exist`];
    if (anchor && target.endsWith('.md') && !anchorsOf(target).has(anchor))
      return [`${document}: ${link} has no such heading`];
    return [];
  });
}

describe('the documentation', () => {
  it('has files to check', () => {
    expect(documents.length).toBeGreaterThan(10);
  });

  it('links only to what is there', () => {
    expect(documents.flatMap(brokenLinks)).toEqual([]);
  });
});
