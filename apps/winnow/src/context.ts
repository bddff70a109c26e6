import type { Command } from 'commander';
import { loadDescription } from '@winnow/platform';
import { type Clock, type Description, systemClock } from '@winnow/domain';
import { usageError } from './command-error';
import { findDescriptionPath, type GlobalOptions, readSettings, type Settings } from './config.schema';
import { processTerminal, type Terminal } from './output/terminal';
import { openClients, type ServiceClients } from './services/clients';
import { grpcAddress, LOCAL_HOST, PORT_BASE_DEFAULT } from './services/service-plan';
import { findRunningStack } from './supervisor/home-lock';

/** What every command is given; nothing here is opened before it is asked for. */
export interface CommandContext {
  readonly environment: NodeJS.ProcessEnv;
  readonly workingFolder: string;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Each command lives in a file of its own and exports one of these. */
export type Register = (program: Command, context: CommandContext) => void;

/** The context of this process. Ctrl-C ends it at once, unless the command has asked for `signal` and so stops in order. */
export function processContext(): CommandContext {
  let stop: AbortController | null = null;
  return {
    environment: process.env,
    workingFolder: process.cwd(),
    terminal: processTerminal(),
    clock: systemClock,
    get signal() {
      stop ??= abortOnSignals();
      return stop.signal;
    },
  };
}

const SIGNALS_UNTIL_EXIT = 3;
const EXIT_INTERRUPTED = 130;
const PARENT_LOOK_MS = 500;

/** The first signal asks to stop; who insists gets out in any case. */
function abortOnSignals(): AbortController {
  const stop = new AbortController();
  let count = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      stop.abort(name);
      count += 1;
      if (count >= SIGNALS_UNTIL_EXIT) process.exit(EXIT_INTERRUPTED);
    });
  // npx and npm run do not pass on what ends them; that they are gone is all we learn.
  if (process.env['npm_command']) abortWhenOrphaned(stop);
  return stop;
}

function abortWhenOrphaned(stop: AbortController): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop.abort('SIGTERM');
  }, PARENT_LOOK_MS).unref();
}

/** Resolves when the signal is aborted; at once when it is already. */
export const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** The settings for a command as it was called. */
export const settingsOf = (command: Command, context: CommandContext): Settings =>
  readSettings(context.environment, command.optsWithGlobals<GlobalOptions>(), context.workingFolder);

/** The description in force and its path; throws a usage error when there is none, a ConfigError when it is wrong. */
export async function requireDescription(
  settings: Settings,
  context: CommandContext,
): Promise<{ readonly description: Description; readonly path: string }> {
  const path = findDescriptionPath(settings, context.workingFolder);
  if (!path)
    throw usageError(
      `there is no description: neither ./winnow.yaml nor one in ${settings.home}`,
      'name one with --config, copy one from examples/, or start with: npx winnow demo',
    );
  return { description: await loadDescription(path), path };
}

/** Clients for the stack: the one that was named, else the one that runs on this home, else the default ports. */
export function clientsFor(settings: Settings, addressOption?: string): ServiceClients {
  const portBase = findRunningStack(settings.home)?.portBase ?? PORT_BASE_DEFAULT;
  const orchestrator = addressOption ?? settings.address ?? grpcAddress('orchestrator', portBase);
  const eventCollector =
    addressOption ?? settings.eventCollectorAddress ?? grpcAddress('event-collector', portBase);
  return openClients({ orchestrator, eventCollector });
}

/** A whole number within bounds, for commander's option parsing. */
export function wholeNumber(name: string, minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
    throw usageError(
      `${name} must be a whole number from ${minimum} to ${maximum}, is "${text}"`,
      `give ${name} a number within these bounds`,
    );
  };
}

/** A share above 0 and below 1, for commander's option parsing; the example goes into the remedy. */
export function openShare(name: string, example: number): (text: string) => number {
  return (text) => {
    const share = Number(text);
    if (share > 0 && share < 1) return share;
    throw usageError(
      `${name} must be a number between 0 and 1, is "${text}"`,
      `give ${name} a share like ${example}`,
    );
  };
}

/** Text of `--address`; the default is in it. */
export const ADDRESS_HELP = `host:port to call (default: the stack of this home, else ${LOCAL_HOST} and the default port)`;

/** The attribute that titles are in, as far as a description is at hand. */
export async function titleAttributeOf(settings: Settings, context: CommandContext): Promise<string> {
  const path = findDescriptionPath(settings, context.workingFolder);
  return (path && (await loadDescription(path)).items.titleAttribute) || 'title';
}
