import { eventV1 } from '@winnow/contracts';
import type { Command } from 'commander';
import { CommandError, usageError } from '../command-error';
import { ADDRESS_HELP, clientsFor, type CommandContext, settingsOf, wholeNumber } from '../context';
import { durationText } from '../output/quantities';
import { printJson } from '../output/terminal';

interface Options {
  readonly user: string;
  readonly item: string;
  readonly event: string;
  readonly value?: number;
  readonly time?: number;
  readonly slate?: string;
  readonly position?: number;
  readonly session?: string;
  readonly surface?: string;
  readonly eventId?: string;
  readonly json?: boolean;
  readonly address?: string;
}

const POSITION_MAX = 1_000_000;

export function register(program: Command, context: CommandContext): void {
  program
    .command('track')
    .description('send one event; it is durable once this returns, and counts in the next slate')
    .requiredOption('-u, --user <id>', 'who did it')
    .requiredOption('-i, --item <id>', 'with which item')
    .requiredOption('-e, --event <type>', 'an event type of winnow.yaml, or impression')
    .option('--value <number>', 'rating, price, seconds …', finiteNumber('--value'))
    .option('--time <when>', 'ISO 8601 or milliseconds since the epoch (default: now)', timeOf)
    .option('--slate <id>', 'the slate that caused it')
    .option('--position <n>', '0-based position in that slate', wholeNumber('--position', 0, POSITION_MAX))
    .option('--session <id>', 'the session')
    .option('--surface <name>', 'the surface')
    .option('--event-id <id>', 'idempotency key: a repeat counts once')
    .option('--json', 'print the verdict as JSON')
    .option('--address <host:port>', ADDRESS_HELP)
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const clients = clientsFor(settingsOf(command, context), options.address);
  try {
    const startedAt = context.clock.monotonicMs();
    const reply = await clients.track([toEvent(options)]);
    const elapsedMs = context.clock.monotonicMs() - startedAt;
    const [verdict] = reply.verdicts;
    if (options.json) printJson(context.terminal, reply);
    if (verdict?.status === eventV1.EventStatus.EVENT_STATUS_REJECTED)
      throw usageError(`the event was refused: ${verdict.reason}`, 'correct the field that is named');
    if (!verdict)
      throw new CommandError('the reply holds no verdict', 'are stack and command line of one version?');
    const duplicate = verdict.status === eventV1.EventStatus.EVENT_STATUS_DUPLICATE;
    if (!options.json)
      context.terminal.print(
        duplicate
          ? `event ${verdict.eventId} was known already, and still counts once`
          : `accepted event ${verdict.eventId} in ${durationText(elapsedMs)}`,
      );
  } finally {
    clients.close();
  }
}

const toEvent = (options: Options): Partial<eventV1.Event> => ({
  eventId: options.eventId ?? '',
  userId: options.user,
  itemId: options.item,
  eventType: options.event,
  value: options.value,
  timeMs: options.time,
  slateId: options.slate ?? '',
  position: options.position,
  sessionId: options.session ?? '',
  surface: options.surface ?? '',
});

function finiteNumber(name: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw usageError(`${name} must be a finite number, is "${text}"`, `give ${name} a number`);
  };
}

function timeOf(text: string): number {
  const timeMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(timeMs)) return timeMs;
  throw usageError(`--time "${text}" is no time`, 'write for example 2026-11-21T07:00:00Z, or milliseconds');
}
