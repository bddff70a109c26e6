import { readFile } from 'node:fs/promises';
import { catalogV1 } from '@winnow/contracts';
import type { Command } from 'commander';
import { CommandError, EXIT, usageError } from '../command-error';
import { ADDRESS_HELP, clientsFor, type CommandContext, settingsOf } from '../context';
import { countText } from '../output/quantities';
import { printJson } from '../output/terminal';
import type { ServiceClients } from '../services/clients';

/** Most items that one call may carry. */
const BATCH_MAX = 1_000;

interface PutOptions {
  readonly attributes: string;
  readonly unavailable?: boolean;
  readonly file?: string;
  readonly json?: boolean;
  readonly address?: string;
}

interface PlainOptions {
  readonly json?: boolean;
  readonly address?: string;
}

export function register(program: Command, context: CommandContext): void {
  const items = program
    .command('items')
    .description('put, look at and delete items of the running catalogue');
  items
    .command('put [id]')
    .description('add or replace an item; it can be retrieved within seconds')
    .option('--attributes <json>', 'its attributes as a JSON object', '{}')
    .option('--unavailable', 'keep it in training and out of slates')
    .option('--file <jsonl>', 'many at once: one {"itemId", "attributes", "available"} a line')
    .option('--json', 'print the counts as JSON')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((id: string | undefined, options: PutOptions, command: Command) =>
      withClients(command, context, options, (clients) => put(clients, context, { id, ...options })),
    );
  items
    .command('get <id>')
    .description('print an item as JSON')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((id: string, options: PlainOptions, command: Command) =>
      withClients(command, context, options, async (clients) =>
        printJson(context.terminal, await clients.catalog.getItem({ itemId: id })),
      ),
    );
  items
    .command('delete <id...>')
    .description('delete items; they are never served again')
    .option('--json', 'print the counts as JSON')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((ids: string[], options: PlainOptions, command: Command) =>
      withClients(command, context, options, async (clients) => {
        const reply = await clients.catalog.deleteItems({ itemIds: ids });
        if (options.json) return printJson(context.terminal, reply);
        context.terminal.print(`deleted ${reply.deletedCount} of ${ids.length}`);
        if (reply.missingItemIds.length > 0)
          context.terminal.note(`not in the catalogue: ${reply.missingItemIds.join(', ')}`);
      }),
    );
}

async function put(
  clients: ServiceClients,
  context: CommandContext,
  options: PutOptions & { readonly id?: string },
): Promise<void> {
  const items = options.file ? await readItems(options.file) : [itemOf(options)];
  let [createdCount, updatedCount] = [0, 0];
  for (let from = 0; from < items.length; from += BATCH_MAX) {
    const reply = await clients.catalog.upsertItems({ items: items.slice(from, from + BATCH_MAX) });
    createdCount += reply.createdCount;
    updatedCount += reply.updatedCount;
  }
  if (options.json) return printJson(context.terminal, { createdCount, updatedCount });
  context.terminal.print(`created ${countText(createdCount)}, updated ${countText(updatedCount)}`);
}

function itemOf({ id, attributes, unavailable }: PutOptions & { readonly id?: string }): catalogV1.Item {
  if (!id) throw usageError('no item was named', 'give an id, or many with --file');
  return catalogV1.Item.fromPartial({
    itemId: id,
    attributes: jsonObject(attributes, '--attributes'),
    available: !unavailable,
  });
}

async function readItems(path: string): Promise<catalogV1.Item[]> {
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    throw new CommandError(
      `${path} cannot be read: ${thrown.message}`,
      'give --file a readable file',
      EXIT.usage,
    );
  });
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const fields = jsonObject(line, `${path}, line ${index + 1}`);
    if (typeof fields['itemId'] !== 'string' || fields['itemId'] === '')
      throw usageError(
        `${path}, line ${index + 1}: itemId must be a text`,
        'correct the line; nothing was sent',
      );
    return [catalogV1.Item.fromPartial(fields as Parameters<typeof catalogV1.Item.fromPartial>[0])];
  });
}

/** Parses a JSON object; the error names where it stood. */
export function jsonObject(text: string, where: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Falls through to the one error for all that is no object.
  }
  throw usageError(
    `${where} must be a JSON object`,
    'write for example: \'{"title": "Gravity", "year": 2013}\'',
  );
}

/** Opens clients for one action and closes them whatever happens. */
export async function withClients(
  command: Command,
  context: CommandContext,
  options: { readonly address?: string },
  action: (clients: ServiceClients) => Promise<void>,
): Promise<void> {
  const clients = clientsFor(settingsOf(command, context), options.address);
  try {
    await action(clients);
  } finally {
    clients.close();
  }
}
