import type { Command } from 'commander';
import type { Description } from '@winnow/domain';
import { usageError } from '../command-error';
import { openEventLog } from '../composition-root';
import { type CommandContext, requireDescription, settingsOf } from '../context';
import { printJson } from '../output/terminal';
import { readOffPolicy } from './read-off-policy';
import { renderOffPolicy } from './render-off-policy';

/** The options of `winnow evaluate` that go with `--off-policy`. */
export interface OffPolicyCommandOptions {
  readonly surface?: string;
  readonly event?: string;
  readonly policy?: readonly string[];
  readonly json?: boolean;
}

const POLICIES_DEFAULT = ['greedy', 'uniform'];

/** `winnow evaluate --off-policy`: estimates of policies from what the running stack has logged. */
export async function runOffPolicy(
  options: OffPolicyCommandOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const settings = settingsOf(command, context);
  const { description } = await requireDescription(settings, context);
  const eventLog = await openEventLog(settings);
  try {
    const { surface = 'home', policy: policies = POLICIES_DEFAULT } = options;
    const eventType = eventTypeOf(options.event, description);
    if (!description.surfaces.some(({ name }) => name === surface))
      throw usageError(`there is no surface ${surface}`, 'name one that winnow.yaml describes');
    const reports = await readOffPolicy({
      ...{ slateLog: eventLog.slates, eventLog, surface, eventType, policies },
    });
    if (reports[0].report.decisionCount === 0)
      throw usageError(
        `no served slate of ${surface} has a position that was left to chance`,
        'add an epsilon-greedy, thompson or cold-start re-ranker to the surface: docs/experiments.md shows how',
      );
    if (options.json) printJson(context.terminal, { surface, event: eventType, policies: reports });
    else context.terminal.print(renderOffPolicy(reports, { eventType, surface }));
  } finally {
    await eventLog.close();
  }
}

function eventTypeOf(wanted: string | undefined, { events }: Description): string {
  if (wanted === undefined) return events.find(({ sentiment }) => sentiment === 'positive')!.name;
  if (events.some(({ name }) => name === wanted)) return wanted;
  throw usageError(
    `--event: there is no event ${wanted}`,
    `name one of ${events.map(({ name }) => name).join(', ')}`,
  );
}
