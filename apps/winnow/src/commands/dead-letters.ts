import type { Command } from 'commander';
import type { DeadLetter } from '@winnow/online-store';
import { usageError } from '../command-error';
import { type Workspace, withWorkspace } from '../composition-root';
import { type CommandContext, settingsOf, wholeNumber } from '../context';
import { agoText, countText } from '../output/quantities';
import { renderTable } from '../output/table';
import { printJson } from '../output/terminal';

interface Options {
  readonly limit: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

const LIMIT_DEFAULT = 20;
/** As many as the stream of dead letters holds. */
const LIMIT_MAX = 100_000;

const AFTER_HELP = `
What a consumer group could not handle in all its attempts is put aside with the reason, and everything else goes on.
Mend the reason first; a replay goes to the group that gave up, and an event counts once however often it is handled.

  winnow dead-letters                       what there is, newest first
  winnow dead-letters replay --all          handle all of it again
  winnow dead-letters drop 1732190000000-0  forget one of them for good`;

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('dead-letters')
    .description('events and changes that a consumer group gave up on: list, replay, drop')
    .addHelpText('after', AFTER_HELP);
  const inWorkspace = (command: Command, work: (workspace: Workspace) => Promise<void>): Promise<void> =>
    withWorkspace({ settings: settingsOf(command, context), context, reason: 'the dead letters' }, work);
  group
    .command('list', { isDefault: true })
    .description('what groups gave up on, newest first, and why')
    .option('--limit <n>', 'how many', wholeNumber('--limit', 1, LIMIT_MAX), LIMIT_DEFAULT)
    .option('--json', 'print as JSON, the entries included')
    .action((options: Options, command: Command) =>
      inWorkspace(command, (workspace) => list(options, workspace, context)),
    );
  for (const [name, description, done] of [
    ['replay', 'give letters back to the group that gave up on them', 'replayed'],
    ['drop', 'forget letters for good', 'dropped'],
  ] as const)
    group
      .command(`${name} [ids...]`)
      .description(description)
      .option('--all', 'every letter there is')
      .action((ids: string[], options: Options, command: Command) =>
        inWorkspace(command, async (workspace) => {
          const letters = await chosen(ids, options, workspace);
          let count = 0;
          // Oldest first, as they came.
          for (const letter of letters.toReversed()) {
            const settled =
              name === 'replay'
                ? await workspace.store.deadLetters.replay(letter)
                : await workspace.store.deadLetters.drop(letter.id);
            if (settled) count += 1;
          }
          context.terminal.print(`${done} ${countText(count)} of ${countText(letters.length)}`);
        }),
      );
}

/** Newest first. */
async function chosen(
  ids: readonly string[],
  { all = false }: Options,
  { store }: Workspace,
): Promise<readonly DeadLetter[]> {
  if (all === ids.length > 0)
    throw usageError('say which letters', 'name their ids, as the list shows them, or give --all');
  if (all) return store.deadLetters.list(LIMIT_MAX);
  const letters: DeadLetter[] = [];
  for (const id of ids) {
    const letter = /^\d+-\d+$/.test(id) ? await store.deadLetters.find(id) : null;
    if (letter === null)
      throw usageError(`there is no dead letter ${id}`, 'look at: winnow dead-letters list');
    letters.push(letter);
  }
  return letters.toReversed();
}

async function list({ limit, json }: Options, { store }: Workspace, context: CommandContext): Promise<void> {
  const letters = await store.deadLetters.list(limit);
  if (json) return printJson(context.terminal, letters);
  const count = await store.deadLetters.count();
  if (count === 0) return context.terminal.note('there are no dead letters');
  const nowMs = context.clock.nowMs();
  context.terminal.print(
    renderTable<DeadLetter>(
      [
        { title: 'id', cell: ({ id }) => id },
        { title: 'given up', cell: ({ id }) => agoText(Number(id.split('-')[0]), nowMs) },
        { title: 'group', cell: ({ group }) => group },
        { title: 'deliveries', align: 'right', cell: ({ deliveries }) => deliveries },
        { title: 'reason', widthMax: 80, cell: ({ reason }) => reason },
      ],
      letters,
    ),
  );
  if (count > letters.length) context.terminal.note(`and ${countText(count - letters.length)} older ones`);
}
