import type { Command } from 'commander';
import { CommandError, EXIT } from '../command-error';
import { withWorkspace } from '../composition-root';
import { type CommandContext, settingsOf } from '../context';
import { ProgressBar } from '../output/progress';
import { countText } from '../output/quantities';
import { printJson } from '../output/terminal';

interface Options {
  readonly force?: boolean;
  readonly json?: boolean;
}

export function register(program: Command, context: CommandContext): void {
  program
    .command('rebuild')
    .description('fill an empty Redis from the event log: catalogue, ordinals, users and their state')
    .option('--force', 'replace what Redis holds; unread streams stay')
    .option('--json', 'print the counts as JSON')
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const settings = settingsOf(command, context);
  const reason = 'rebuilding the online state';
  const result = await withWorkspace({ settings, context, reason }, ({ store, eventLog }) => {
    const bar = new ProgressBar(context.terminal, context.clock);
    return store.rebuilder
      .rebuild({
        log: eventLog,
        force: options.force,
        onProgress: ({ catalogChangeCount, eventCount }) =>
          bar.report(
            eventCount > 0
              ? { label: 'events', done: eventCount }
              : { label: 'catalogue changes', done: catalogChangeCount },
          ),
      })
      .finally(() => bar.end());
  });
  if (!result.ok)
    throw new CommandError(
      result.error.reason,
      result.error.kind === 'client'
        ? 'use --force if that is what you want'
        : 'is Redis well? npx winnow doctor',
      result.error.kind === 'client' ? EXIT.usage : EXIT.unavailable,
    );
  const { itemCount, eventCount, catalogChangeCount, conflictCount } = result.value;
  if (options.json) return printJson(context.terminal, result.value);
  context.terminal.print(
    `rebuilt ${countText(itemCount)} items from ${countText(catalogChangeCount)} changes, and ${countText(eventCount)} events`,
  );
  if (conflictCount > 0)
    context.terminal.note(
      `${countText(conflictCount)} unlogged changes lost their ordinal to another item: upsert those items again`,
    );
}
