import type { Command } from 'commander';
import { SWITCH_KINDS, type Description, type SwitchKind, type ThrownSwitch } from '@winnow/domain';
import { switchableNames } from '@winnow/funnel';
import { CommandError, EXIT, usageError } from '../command-error';
import { type Workspace, withWorkspace } from '../composition-root';
import { type CommandContext, settingsOf } from '../context';
import { agoText } from '../output/quantities';
import { renderTable } from '../output/table';
import { printJson } from '../output/terminal';

interface Options {
  readonly reason: string;
  readonly json?: boolean;
}

const AFTER_HELP = `
Takes effect in every running orchestrator within about two seconds, and outlives restarts.
Components go by the names that slates' degraded lists and metrics use: heavy-ranker, light-ranker, candidate-generation, mmr …

  winnow switch off experiment wider --reason "latency"
  winnow switch off component heavy-ranker
  winnow switch on experiment wider`;

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('switch')
    .description('kill switches of experiments and components, without a restart')
    .addHelpText('after', AFTER_HELP);
  const inWorkspace = (command: Command, work: (workspace: Workspace) => Promise<void>): Promise<void> =>
    withWorkspace({ settings: settingsOf(command, context), context, reason: 'the kill switches' }, work);
  group
    .command('list', { isDefault: true })
    .description('what is switched off now')
    .option('--json', 'print as JSON')
    .action((options: Options, command: Command) =>
      inWorkspace(command, (workspace) => list(options, workspace, context)),
    );
  group
    .command('off <kind> <name>')
    .description('switch an experiment or a component off')
    .option('--reason <text>', 'for whoever wonders later', 'no reason given')
    .action((kind: string, name: string, options: Options, command: Command) => {
      const thrown = { kind: kindOf(kind), name, reason: options.reason, sinceMs: context.clock.nowMs() };
      return inWorkspace(command, async ({ store, description }) => {
        checkName(thrown, description);
        await store.switches.throwSwitch(thrown);
        context.terminal.print(`${kind} ${name} is off`);
      });
    });
  group
    .command('on <kind> <name>')
    .description('take a kill switch back')
    .action((kind: string, name: string, _options: Options, command: Command) => {
      const checked = kindOf(kind);
      return inWorkspace(command, async ({ store }) => {
        const wasOff = await store.switches.takeBack(checked, name);
        context.terminal.print(wasOff ? `${kind} ${name} is on again` : `${kind} ${name} was not off`);
      });
    });
}

function kindOf(text: string): SwitchKind {
  const kind = SWITCH_KINDS.find((one) => one === text);
  if (kind === undefined)
    throw usageError(`there is no kind of switch ${text}`, `use one of ${SWITCH_KINDS.join(', ')}`);
  return kind;
}

/** A misspelled name would switch nothing off, and nobody would notice. */
function checkName({ kind, name }: Pick<ThrownSwitch, 'kind' | 'name'>, description: Description): void {
  const experiments = description.experiments?.experiments ?? [];
  const names = kind === 'experiment' ? experiments.map((one) => one.name) : switchableNames(description);
  if (!names.includes(name))
    throw usageError(
      `there is no ${kind} ${name}`,
      `name one of ${names.join(', ') || 'those in winnow.yaml'}`,
    );
}

async function list(options: Options, { store }: Workspace, context: CommandContext): Promise<void> {
  const thrown = await store.switches.thrown();
  if (!thrown.ok) throw new CommandError(thrown.error.reason, 'see that Redis answers', EXIT.unavailable);
  if (options.json) return printJson(context.terminal, thrown.value);
  if (thrown.value.length === 0) return context.terminal.note('nothing is switched off');
  const nowMs = context.clock.nowMs();
  context.terminal.print(
    renderTable<ThrownSwitch>(
      [
        { title: 'kind', cell: ({ kind }) => kind },
        { title: 'name', cell: ({ name }) => name },
        { title: 'off since', cell: ({ sinceMs }) => agoText(sinceMs, nowMs) },
        { title: 'reason', widthMax: 80, cell: ({ reason }) => reason },
      ],
      thrown.value,
    ),
  );
}
