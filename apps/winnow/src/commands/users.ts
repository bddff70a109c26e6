import type { Command } from 'commander';
import { ADDRESS_HELP, type CommandContext } from '../context';
import { printJson } from '../output/terminal';
import { renderTable } from '../output/table';
import { jsonObject, withClients } from './items';

interface Options {
  readonly attributes: string;
  readonly json?: boolean;
  readonly address?: string;
}

export function register(program: Command, context: CommandContext): void {
  const users = program.command('users').description('put, look at and erase users');
  users
    .command('put <id>')
    .description('add a user or replace its attributes')
    .option('--attributes <json>', 'as a JSON object', '{}')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((id: string, options: Options, command: Command) =>
      withClients(command, context, options, async (clients) => {
        const attributes = jsonObject(options.attributes, '--attributes');
        const { upsertedCount } = await clients.catalog.upsertUsers({ users: [{ userId: id, attributes }] });
        context.terminal.print(`put ${upsertedCount} user`);
      }),
    );
  users
    .command('get <id>')
    .description('print what is known of a user as JSON')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((id: string, options: Options, command: Command) =>
      withClients(command, context, options, async (clients) =>
        printJson(context.terminal, await clients.catalog.getUser({ userId: id })),
      ),
    );
  users
    .command('delete <id>')
    .description('erase everything about a user from every store')
    .option('--json', 'print the counts as JSON')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((id: string, options: Options, command: Command) =>
      withClients(command, context, options, async (clients) => {
        const { erased } = await clients.catalog.deleteUser({ userId: id });
        if (options.json) return printJson(context.terminal, erased);
        context.terminal.print(
          renderTable(
            [
              { title: 'store', cell: ({ store }) => store },
              { title: 'erased records', align: 'right', cell: ({ count }) => count },
            ],
            erased,
          ),
        );
      }),
    );
}
