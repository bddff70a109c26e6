import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What one finished import leaves in the home. */
export interface ImportRecord {
  readonly source: string;
  readonly importedAtMs: number;
  readonly timeShiftMs: number;
  readonly eventCount: number;
  readonly itemCount: number;
}

const recordsPath = (home: string): string => join(home, 'imports.json');

/** Newest last; none when the file is not there. Throws when it is damaged. */
export function readImportRecords(home: string): readonly ImportRecord[] {
  let text: string;
  try {
    text = readFileSync(recordsPath(home), 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  }
  return JSON.parse(text) as readonly ImportRecord[];
}

/** Adds the record, or replaces the one of the same source. */
export function writeImportRecord(home: string, record: ImportRecord): void {
  const others = readImportRecords(home).filter(({ source }) => source !== record.source);
  mkdirSync(home, { recursive: true });
  const temporary = `${recordsPath(home)}.tmp-${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify([...others, record], null, 2)}\n`);
  renameSync(temporary, recordsPath(home));
}
