import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { CommandError, EXIT, usageError } from '../command-error';
import type { Settings } from '../config.schema';
import {
  ADDRESS_HELP,
  clientsFor,
  type CommandContext,
  requireDescription,
  settingsOf,
  wholeNumber,
} from '../context';
import { renderLoadReports } from '../load/render-report';
import { type LoadReport, runLoad } from '../load/run-load';
import { ProgressBar } from '../output/progress';
import { printJson } from '../output/terminal';
import { someUserIds } from '../services/user-sample';

interface Options {
  readonly requests: number;
  readonly concurrency: readonly number[];
  readonly rate?: number;
  readonly count: number;
  readonly surface: string;
  readonly warmUp: number;
  readonly users?: string;
  readonly json?: boolean;
  readonly address?: string;
}

export function register(program: Command, context: CommandContext): void {
  program
    .command('bench')
    .description(
      'load the running stack: one request at a time, then several; latencies and where they come from',
    )
    .option('-n, --requests <n>', 'requests per run', wholeNumber('--requests', 1, 10_000_000), 500)
    .option('-c, --concurrency <list>', 'runs, comma separated', concurrencyList, [1, 4])
    .option(
      '--rate <n>',
      'requests a second by the clock, instead of as fast as replies come',
      wholeNumber('--rate', 1, 100_000),
    )
    .option('-k, --count <items>', 'items per slate', wholeNumber('--count', 1, 500), 20)
    .option('-s, --surface <name>', 'a surface of winnow.yaml', 'home')
    .option('--warm-up <n>', 'unmeasured requests first', wholeNumber('--warm-up', 0, 100_000), 50)
    .option('--users <file>', 'user ids, one a line (default: users of the event log)')
    .option('--json', 'print the figures as JSON')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const settings = settingsOf(command, context);
  const users = options.users ? await readUsers(options.users) : await sampleUsers(settings, context);
  const clients = clientsFor(settings, options.address);
  const bar = new ProgressBar(context.terminal, context.clock);
  const reports: LoadReport[] = [];
  try {
    const send = (index: number) =>
      clients.recommend({
        userId: users[index % users.length],
        surface: options.surface,
        k: options.count,
        dryRun: true,
      });
    // Fails at once, and with the remedy, when nothing answers.
    await send(0);
    for (const concurrency of options.concurrency) {
      if (context.signal.aborted) break;
      const report = await runLoad({
        send,
        requestCount: options.requests,
        warmUpCount: options.warmUp,
        concurrency,
        ratePerSecond: options.rate,
        clock: context.clock,
        signal: context.signal,
        onProgress: (done) =>
          bar.report({ label: `concurrency ${concurrency}`, done, total: options.requests }),
      });
      reports.push(report);
      bar.end();
    }
  } finally {
    bar.end();
    clients.close();
  }
  if (options.json) printJson(context.terminal, reports);
  else if (reports.length > 0) context.terminal.print(renderLoadReports(reports));
  if (reports.some(({ errorCount }) => errorCount > 0))
    throw new CommandError('some requests failed', 'see the errors above, and the logs of the stack');
}

function concurrencyList(text: string): readonly number[] {
  return text.split(',').map(wholeNumber('--concurrency', 1, 10_000));
}

async function sampleUsers(settings: Settings, context: CommandContext): Promise<readonly string[]> {
  const { description } = await requireDescription(settings, context);
  return someUserIds(settings, description);
}

async function readUsers(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((thrown: Error) => {
    throw new CommandError(
      `${path} cannot be read: ${thrown.message}`,
      'give --users a readable file',
      EXIT.usage,
    );
  });
  const users = text.split(/\r?\n/).filter((line) => line !== '');
  if (users.length === 0) throw usageError(`${path} names no user`, 'write one user id a line');
  return users;
}
