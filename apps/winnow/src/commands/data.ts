import type { Command } from 'commander';
import { attributionOf, DATASET_NAMES, downloadDataset, findDataset } from '@winnow/datasets';
import type { Settings } from '../config.schema';
import { type CommandContext, settingsOf } from '../context';
import { usageError } from '../command-error';
import { ProgressBar } from '../output/progress';
import { renderTable } from '../output/table';
import { printJson } from '../output/terminal';

interface Options {
  readonly json?: boolean;
  readonly to?: string;
}

export function register(program: Command, context: CommandContext): void {
  const data = program.command('data').description('list and fetch public data sets');
  data
    .command('list')
    .description('the data sets that can be imported by name, their licences, and where they lie')
    .option('--json', 'print as JSON')
    .action((options: Options, command: Command) => list(options, settingsOf(command, context), context));
  data
    .command('get <name>')
    .description('download a data set from its publisher, check it, and unpack it')
    .option('--to <folder>', 'data folder (default: WINNOW_DATA_DIR, else ./data)')
    .action((name: string, options: Options, command: Command) =>
      get(name, options, settingsOf(command, context), context),
    );
}

function list(options: Options, settings: Settings, { terminal }: CommandContext): void {
  const rows = DATASET_NAMES.map((name) => {
    const found = findDataset(name, { dataDirs: settings.dataFolders });
    const { title, licence, terms, homepage } = attributionOf(name);
    return { name, title, licence, terms, homepage, folder: found.ok ? found.value.folder : null };
  });
  if (options.json) return printJson(terminal, rows);
  terminal.print(
    renderTable(
      [
        { title: 'name', cell: ({ name }) => name },
        { title: 'title', cell: ({ title }) => title },
        { title: 'licence', cell: ({ licence }) => licence },
        { title: 'found in', cell: ({ folder }) => folder ?? '– (winnow data get)' },
      ],
      rows,
    ),
  );
}

async function get(
  name: string,
  options: Options,
  settings: Settings,
  context: CommandContext,
): Promise<void> {
  const dataset = DATASET_NAMES.find((known) => known === name);
  if (!dataset) throw usageError(`there is no data set ${name}`, `choose one of ${DATASET_NAMES.join(', ')}`);
  const { title, licence, terms, citation } = attributionOf(dataset);
  context.terminal.note(`${title}\n${licence}: ${terms}\n${citation}`);
  const bar = new ProgressBar(context.terminal, context.clock);
  try {
    const { folder, alreadyThere } = await downloadDataset(dataset, options.to ?? settings.dataFolders[0], {
      signal: context.signal,
      onProgress: ({ file, receivedBytes, totalBytes }) =>
        bar.report({ label: `${file} bytes`, done: receivedBytes, total: totalBytes ?? undefined }),
    });
    bar.end();
    context.terminal.print(alreadyThere ? `already in ${folder}` : `in ${folder}`);
  } finally {
    bar.end();
  }
}
