import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Quarantine } from '@winnow/datasets';
import { homeFolders } from '@winnow/platform';
import type { DataReport } from '@winnow/reporting';
import type { Workspace } from '../composition-root';
import { examplePath, findDescriptionPath, type Settings } from '../config.schema';
import type { CommandContext } from '../context';
import { DataProfiler } from '../data-profile/data-profiler';
import { profileKnownRecords } from '../data-profile/known-records';
import { writeDataReport } from '../data-profile/write-data-report';
import { ProgressBar } from '../output/progress';
import { countText, timeText } from '../output/quantities';
import { renderTable } from '../output/table';
import { quarantinePath } from './choose-source';
import { readImportRecords, writeImportRecord } from './import-records';
import type { ImportSource } from './import-source';
import { type ImportSummary, type KindSummary, runImport } from './run-import';

export interface ImportOutcome {
  readonly summary: ImportSummary;
  /** Where refused rows are, when there are some. */
  readonly quarantine: string | null;
  readonly report: DataReport;
  /** Where the report lies, as HTML. */
  readonly reportPath: string;
}

/** An import with its progress on the terminal, and its data report in the home. */
export async function importIntoHome(options: {
  readonly source: ImportSource;
  readonly workspace: Workspace;
  readonly settings: Settings;
  readonly context: CommandContext;
  readonly shiftToNow: boolean;
}): Promise<ImportOutcome> {
  const { source, workspace, settings, context, shiftToNow } = options;
  const { clock, signal, terminal } = context;
  const nowMs = clock.nowMs();
  const path = quarantinePath(homeFolders(settings.home).quarantine, source.name, nowMs);
  const quarantine = new Quarantine(path);
  const bar = new ProgressBar(terminal, clock);
  const earlier = readImportRecords(settings.home).find((record) => record.source === source.name) ?? null;
  try {
    const { description, store, eventLog } = workspace;
    const profiler = new DataProfiler({ description, nowMs });
    const onProgress = (progress: Parameters<ProgressBar['report']>[0]): void => bar.report(progress);
    const summary = await runImport({
      source,
      description,
      store,
      eventLog,
      quarantine,
      clock,
      shiftToNow,
      earlier,
      onProgress,
      observe: (record, shiftMs) => profiler.add(record, shiftMs),
      signal,
    });
    const keptOf = (kind: string): number => summary.kinds.find((row) => row.kind === kind)?.kept ?? 0;
    writeImportRecord(settings.home, {
      source: source.name,
      importedAtMs: nowMs,
      timeShiftMs: summary.timeShiftMs,
      eventCount: keptOf('events'),
      itemCount: keptOf('items'),
    });
    await profileKnownRecords(profiler, eventLog);
    const report = profiler.report(summary, source.attribution);
    const reportPath = writeDataReport(settings.home, report);
    return { summary, quarantine: quarantine.count > 0 ? path : null, report, reportPath };
  } finally {
    bar.end();
    await quarantine.close();
  }
}

/**
 * The description to import a known set with: the one in force, else the example that ships for the set, copied into
 * the home, so that later commands use the same.
 */
export function adoptExample(name: string, settings: Settings, context: CommandContext): void {
  const example = examplePath(name === 'movielens-latest' ? 'movielens-1m' : name);
  if (findDescriptionPath(settings, context.workingFolder) || !existsSync(example)) return;
  mkdirSync(settings.home, { recursive: true });
  const copy = join(settings.home, 'winnow.yaml');
  copyFileSync(example, copy);
  context.terminal.note(`using the description that ships for ${name}, copied to ${copy}`);
}

/** What was read, kept, repaired and refused, and what else is worth knowing. */
export function renderImport(summary: ImportSummary, quarantine: string | null): string {
  const rows = summary.kinds.filter(({ kind, read }) => read > 0 || kind === 'items' || kind === 'events');
  const notes = [
    summary.lastEventMs !== null && summary.firstEventMs !== null
      ? `events from ${timeText(summary.firstEventMs)} to ${timeText(summary.lastEventMs)}`
      : 'no events',
    summary.timeShiftMs !== 0 ? `times moved by ${summary.timeShiftMs / (7 * 86_400_000)} whole weeks` : '',
    summary.bareItemCount > 0
      ? `${countText(summary.bareItemCount)} items came in without attributes: only events speak of them`
      : '',
    summary.droppedAttributes.length > 0
      ? `left out, because the description does not name them: ${summary.droppedAttributes.join(', ')}`
      : '',
    ...Object.entries(summary.refusedByReason).map(
      ([reason, count]) => `refused ${countText(count)}: ${reason}`,
    ),
    quarantine ? `refused rows are in ${quarantine}` : '',
  ];
  const count = (name: 'read' | 'kept' | 'repaired' | 'refused') => ({
    title: name,
    align: 'right' as const,
    cell: (row: KindSummary) => countText(row[name]),
  });
  const table = renderTable(
    [
      { title: summary.source, cell: ({ kind }) => (kind === 'rows' ? 'unreadable' : kind) },
      count('read'),
      count('kept'),
      count('repaired'),
      count('refused'),
    ],
    rows,
  );
  return [table, ...notes.filter(Boolean)].join('\n');
}
