import type { recommenderV1 } from '@winnow/contracts';
import type { Command } from 'commander';
import { usageError } from '../command-error';
import {
  ADDRESS_HELP,
  clientsFor,
  type CommandContext,
  settingsOf,
  titleAttributeOf,
  wholeNumber,
} from '../context';
import { renderSlate } from '../output/slate';
import { printJson } from '../output/terminal';

interface Options {
  readonly user: string;
  readonly surface: string;
  readonly count: number;
  readonly filter?: string;
  readonly seed?: readonly string[];
  readonly exclude?: readonly string[];
  readonly context?: readonly string[];
  readonly device?: string;
  readonly country?: string;
  readonly explain?: boolean;
  readonly dryRun?: boolean;
  readonly pageToken?: string;
  readonly json?: boolean;
  readonly address?: string;
}

const K_MAX = 500;

export function register(program: Command, context: CommandContext): void {
  program
    .command('recommend')
    .description('ask the running stack for a slate, and print it')
    .requiredOption('-u, --user <id>', 'for whom; an unknown user gets a cold-start slate')
    .option('-s, --surface <name>', 'a surface of winnow.yaml', 'home')
    .option('-k, --count <items>', 'how many items', wholeNumber('--count', 1, K_MAX), 10)
    .option('--filter <cel>', 'a CEL expression over item and user, for example: item.year >= 1990')
    .option('--seed <item...>', 'items to recommend around')
    .option('--exclude <item...>', 'items never to return')
    .option('--device <name>', 'the device of the context')
    .option('--country <code>', 'the country of the context')
    .option('--context <name=value...>', 'free values of the context')
    .option('--page-token <token>', 'continue the slate that gave this token')
    .option('--explain', 'show sources, the score of each stage, predictions and the funnel')
    .option('--dry-run', 'do not log the slate as served')
    .option('--json', 'print the reply as JSON')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const settings = settingsOf(command, context);
  const clients = clientsFor(settings, options.address);
  try {
    const startedAt = context.clock.monotonicMs();
    const reply = await clients.recommend(toRequest(options));
    const elapsedMs = context.clock.monotonicMs() - startedAt;
    if (options.json) return printJson(context.terminal, reply);
    const titleAttribute = await titleAttributeOf(settings, context);
    context.terminal.print(
      renderSlate(reply, { titleAttribute, explain: options.explain ?? false, elapsedMs }),
    );
  } finally {
    clients.close();
  }
}

function toRequest(options: Options): Partial<recommenderV1.RecommendRequest> {
  return {
    userId: options.user,
    surface: options.surface,
    k: options.count,
    filter: options.filter ?? '',
    seedItemIds: [...(options.seed ?? [])],
    excludedItemIds: [...(options.exclude ?? [])],
    pageToken: options.pageToken ?? '',
    dryRun: options.dryRun ?? false,
    // The titles come with the explanation, so the table needs it in any case.
    explain: Boolean(options.explain || !options.json),
    context: {
      device: options.device ?? '',
      country: options.country ?? '',
      values: Object.fromEntries((options.context ?? []).map(contextValue)),
    },
  };
}

function contextValue(text: string): readonly [string, string] {
  const split = text.indexOf('=');
  if (split > 0) return [text.slice(0, split), text.slice(split + 1)];
  throw usageError(
    `--context takes name=value, is "${text}"`,
    'write for example: --context campaign=spring',
  );
}
