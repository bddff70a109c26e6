import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeSettings } from '@winnow/platform';
import type { Command } from 'commander';
import { CommandError } from '../command-error';
import type { Settings } from '../config.schema';
import {
  clientsFor,
  type CommandContext,
  requireDescription,
  settingsOf,
  whenAborted,
  wholeNumber,
} from '../context';
import { adoptExample } from '../dataset-import/import-into-home';
import { chooseDemoSource, type DemoChoice } from '../demo/choose-demo-source';
import { ensureImported, ensureRelease } from '../demo/prepare-home';
import { showLoop } from '../demo/show-loop';
import { durationText } from '../output/quantities';
import { portIsFree } from '../services/port-check';
import { PORT_BASE_DEFAULT, PORT_OFFSET_MAX } from '../services/service-plan';
import { renderStatuses, startStack, type Stack } from '../services/stack';
import { activeUser } from '../services/user-sample';
import { findRunningStack } from '../supervisor/home-lock';

interface Options {
  readonly user?: string;
  readonly portBase?: number;
}

/** Moments that the demo's rankers learn from, where examples have twice as many. */
const DEMO_QUERY_COUNT = 4_000;
const READY_TIMEOUT_MS = 90_000;
const PORT_STEP = 100;
const PORT_TRIES = 20;

export function register(program: Command, context: CommandContext): void {
  program
    .command('demo')
    .description('import real data, train, start every service, print a slate, track a click, stop')
    .option('-u, --user <id>', 'for whom (default: somebody active)')
    .option(
      '--port-base <port>',
      'first port (default: 7700, or the next free hundred)',
      wholeNumber('--port-base', 1_024, 65_000),
    )
    .action((options: Options, command: Command) => run(options, settingsOf(command, context), context));
}

async function run(options: Options, given: Settings, context: CommandContext): Promise<void> {
  const { clock, terminal } = context;
  const startedAt = clock.monotonicMs();
  const { settings, choose } = await withDescription(given, context);
  await ensureImported(settings, context, choose);
  await ensureRelease(settings, context);
  const running = findRunningStack(settings.home);
  const stack = running ? null : await start(settings, options, context);
  try {
    if (stack) await waitUntilReady(stack, context);
    await show(settings, options, context);
  } finally {
    await stack?.stop();
  }
  terminal.print(
    `\nDone in ${durationText(clock.monotonicMs() - startedAt)}. ${stack ? 'Everything is stopped again. ' : ''}Next:\n\n` +
      '  npx winnow up                                  keep it running\n' +
      '  npx winnow recommend --user ID -k 10 --explain ask for a slate\n' +
      '  npx winnow doctor                              what is well and what is not',
  );
}

/** The demo's own description lives in the home, so that it never meets the one of your own data. */
async function withDescription(
  given: Settings,
  context: CommandContext,
): Promise<{ readonly settings: Settings; readonly choose: () => Promise<DemoChoice> }> {
  const inHome = join(given.home, 'winnow.yaml');
  if (given.configPath) return { settings: given, choose: () => chooseDemoSource(given, context) };
  const settings = { ...given, configPath: inHome };
  if (existsSync(inHome)) return { settings, choose: () => chooseDemoSource(settings, context) };
  const choice = await chooseDemoSource(settings, context);
  adoptExample(choice.name, { ...given, configPath: null }, { ...context, workingFolder: given.home });
  trainQuickly(inHome, context);
  return { settings, choose: () => Promise.resolve(choice) };
}

/** Half the moments: a first look should not wait for the last percent. */
function trainQuickly(path: string, { terminal }: CommandContext): void {
  const setting = 'training.ranker.queryCountMax';
  writeFileSync(path, changeSettings(readFileSync(path, 'utf8'), { [setting]: DEMO_QUERY_COUNT }));
  terminal.note(
    `the demo's rankers learn from ${DEMO_QUERY_COUNT} moments, to be quick: ${setting} in ${path}`,
  );
}

async function start(settings: Settings, options: Options, context: CommandContext): Promise<Stack> {
  return startStack(settings, context, { portBase: options.portBase ?? (await freePortBase()) });
}

/** The usual ports when they are free: the demo must not fail because something else has them. */
async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < PORT_TRIES; attempt += 1) {
    const portBase = PORT_BASE_DEFAULT + attempt * PORT_STEP;
    const offsets = Array.from({ length: PORT_OFFSET_MAX + 1 }, (_, offset) => offset);
    const free = await Promise.all(offsets.map((offset) => portIsFree(portBase + offset)));
    if (free.every(Boolean)) return portBase;
  }
  return PORT_BASE_DEFAULT;
}

async function waitUntilReady(stack: Stack, { terminal, signal }: CommandContext): Promise<void> {
  const failed = stack.failed.then((error) => Promise.reject(error));
  const aborted = whenAborted(signal).then(() =>
    Promise.reject(new CommandError('interrupted', 'run it again: what is done is not done twice')),
  );
  const statuses = await Promise.race([stack.ready(READY_TIMEOUT_MS), failed, aborted]);
  terminal.print(`\n${renderStatuses(statuses)}`);
  const waiting = statuses.filter(({ phase }) => phase !== 'ready').map(({ name }) => name);
  if (waiting.length > 0)
    throw new CommandError(
      `not ready: ${waiting.join(', ')}`,
      'see what they say above and in the logs under the home folder',
    );
}

async function show(settings: Settings, options: Options, context: CommandContext): Promise<void> {
  const { description } = await requireDescription(settings, context);
  const userId = options.user ?? (await activeUser(settings, description));
  const clients = clientsFor(settings);
  try {
    await showLoop({ clients, context, description, userId });
  } finally {
    clients.close();
  }
}
