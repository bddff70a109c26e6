import type { Command } from 'commander';
import type { TableFormat } from '@winnow/datasets';
import { usageError } from '../command-error';
import { type Workspace, withWorkspace } from '../composition-root';
import type { Settings } from '../config.schema';
import { type CommandContext, settingsOf, wholeNumber } from '../context';
import {
  openNamedSource,
  openTableSource,
  SOURCE_NAMES,
  SYNTHETIC,
  type TableChoice,
} from '../dataset-import/choose-source';
import { adoptExample, importIntoHome, renderImport } from '../dataset-import/import-into-home';
import { renderDataSummary } from '../data-profile/render-data-summary';
import type { ImportSource } from '../dataset-import/import-source';
import type { SyntheticSourceOptions } from '../dataset-import/synthetic-source';
import { printJson } from '../output/terminal';

interface Options {
  readonly csv?: string;
  readonly jsonl?: string;
  readonly parquet?: string;
  readonly map?: string;
  readonly shiftToNow?: boolean;
  readonly items: number;
  readonly users: number;
  readonly days: number;
  readonly slatesPerDay: number;
  readonly seed: number;
  readonly impressions?: boolean;
  readonly json?: boolean;
}

const MAP_HELP = `
A file of your own needs --map: which column holds what.
  events      --csv events.csv --map user=customer,item=sku,event=purchase,time=at
  catalogue   --jsonl items.jsonl --map item=id,attributes=*
  people      --parquet users.parquet --map user=id,attributes=country+age
event= takes a column, or one event type for all rows. Import a catalogue before its events.

Data sets: ${SOURCE_NAMES.join(', ')}. They are looked for in WINNOW_DATA_DIR, ./data and ../shared/data.`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('import [dataset]')
    .description('take in a data set, or a file of your own: catalogue, event log and online state')
    .option('--csv <file>', 'a CSV file, .gz too')
    .option('--jsonl <file>', 'a file of JSON lines, .gz too')
    .option('--parquet <file>', 'a Parquet file')
    .option('--map <columns>', 'user=…,item=…,event=…,time=…,value=…,attributes=…')
    .option('--shift-to-now', 'move all times by whole weeks, so that the newest event is of the last week')
    .option('--items <n>', 'synthetic: catalogue size', wholeNumber('--items', 1, 10_000_000), 5_000)
    .option('--users <n>', 'synthetic: number of users', wholeNumber('--users', 1, 100_000_000), 2_000)
    .option('--days <n>', 'synthetic: days of events', wholeNumber('--days', 1, 3_650), 60)
    .option(
      '--slates-per-day <n>',
      'synthetic: how much happens',
      wholeNumber('--slates-per-day', 1, 10_000_000),
      1_000,
    )
    .option('--seed <n>', 'synthetic: another seed, another world', wholeNumber('--seed', 0, 2 ** 32 - 1), 1)
    .option('--impressions', 'synthetic: log what was shown, too')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', MAP_HELP)
    .action((dataset: string | undefined, options: Options, command: Command) =>
      run(dataset, options, settingsOf(command, context), context),
    );
}

async function run(
  dataset: string | undefined,
  options: Options,
  settings: Settings,
  context: CommandContext,
): Promise<void> {
  const table = tableChoice(options);
  if ((dataset === undefined) === (table === null))
    throw usageError(
      dataset ? 'both a data set and a file were named' : 'nothing to import was named',
      `name one of ${SOURCE_NAMES.join(', ')}, or a file with --csv, --jsonl or --parquet`,
    );
  if (dataset !== undefined) adoptExample(dataset, settings, context);
  // The source first: a name that does not exist must not start a Redis.
  const named =
    dataset === undefined ? null : await openNamedSource(dataset, settings, syntheticOptions(options));
  const reason = 'the catalogue and the online state';
  await withWorkspace({ settings, context, reason }, async (workspace) => {
    const source = named ?? (await openTableSource(table!, workspace.description));
    if (dataset !== undefined && dataset !== SYNTHETIC) context.terminal.note(source.attribution);
    await importAndPrint(source, workspace, options, settings, context);
  });
}

async function importAndPrint(
  source: ImportSource,
  workspace: Workspace,
  options: Options,
  settings: Settings,
  context: CommandContext,
): Promise<void> {
  const shiftToNow = options.shiftToNow ?? false;
  const outcome = await importIntoHome({ source, workspace, settings, context, shiftToNow });
  const { summary, quarantine, report, reportPath } = outcome;
  if (options.json) return printJson(context.terminal, { ...summary, quarantine, reportPath, report });
  context.terminal.print(renderImport(summary, quarantine));
  context.terminal.print(`\n${renderDataSummary(report, reportPath)}`);
}

const syntheticOptions = (options: Options): SyntheticSourceOptions => ({
  seed: options.seed,
  itemCount: options.items,
  userCount: options.users,
  days: options.days,
  slatesPerDay: options.slatesPerDay,
  impressions: options.impressions,
});

function tableChoice(options: Options): TableChoice | null {
  const formats: readonly TableFormat[] = ['csv', 'jsonl', 'parquet'];
  const named = formats.filter((format) => options[format as 'csv' | 'jsonl' | 'parquet'] !== undefined);
  if (named.length === 0) {
    if (options.map !== undefined)
      throw usageError('--map is for files', 'name one with --csv, --jsonl or --parquet');
    return null;
  }
  if (named.length > 1)
    throw usageError(
      `${named.map((format) => `--${format}`).join(' and ')} were both given`,
      'import one file at a time',
    );
  const [format] = named;
  if (options.map === undefined)
    throw usageError('--map is missing', 'say which column holds what; winnow import --help has examples');
  return { path: options[format as 'csv' | 'jsonl' | 'parquet']!, format, mapping: options.map };
}
