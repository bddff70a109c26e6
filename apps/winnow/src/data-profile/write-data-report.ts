import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { homeFolders } from '@winnow/platform';
import { type DataReport, renderDataReport } from '@winnow/reporting';

/** Where the report of a source lies under the home; a later import of the same source replaces it. */
function dataReportPaths(home: string, source: string): { readonly html: string; readonly json: string } {
  const name = `data-${source.replace(/[^A-Za-z0-9._-]+/g, '-')}`;
  const { reports } = homeFolders(home);
  return { html: join(reports, `${name}.html`), json: join(reports, `${name}.json`) };
}

/** Writes the report for people and for programs; returns the path for people. */
export function writeDataReport(home: string, report: DataReport): string {
  const paths = dataReportPaths(home, report.source);
  mkdirSync(dirname(paths.html), { recursive: true });
  replaceFile(paths.json, `${JSON.stringify(report, null, 2)}\n`);
  replaceFile(paths.html, renderDataReport(report));
  return paths.html;
}

/** A reader sees the old file or the new one. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.tmp-${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
