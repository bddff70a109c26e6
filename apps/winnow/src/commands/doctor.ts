import type { Command } from 'commander';
import { reasonOf } from '@winnow/domain';
import { type CommandContext, settingsOf } from '../context';
import { EXIT } from '../command-error';
import type { Settings } from '../config.schema';
import { checkBackend } from '../doctor/backend-check';
import { checkDataSets } from '../doctor/data-checks';
import { failure, type Finding } from '../doctor/finding';
import { checkDisk, checkMemory, checkNativeIndex, checkNode } from '../doctor/machine-checks';
import {
  checkDescription,
  checkEventLog,
  checkPorts,
  checkRelease,
  checkStore,
} from '../doctor/stack-checks';
import { printJson } from '../output/terminal';

interface Options {
  readonly json?: boolean;
}

type Look = () => Finding | Promise<Finding | readonly Finding[]>;

export function register(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description(
      'look at Node, backend, index, Redis, ports, data, release and disk, and say what to do about each',
    )
    .option('--json', 'print the findings as JSON')
    .action((options: Options, command: Command) => run(options, settingsOf(command, context), context));
}

async function run(options: Options, settings: Settings, context: CommandContext): Promise<void> {
  const nowMs = context.clock.nowMs();
  const looks: readonly Look[] = [
    checkNode,
    checkMemory,
    checkBackend,
    checkNativeIndex,
    () => checkDescription(settings, context.workingFolder),
    () => checkStore(settings),
    () => checkDataSets(settings),
    () => checkEventLog(settings, nowMs),
    () => checkRelease(settings, nowMs),
    () => checkDisk(settings.home),
    () => checkPorts(settings),
  ];
  const findings = (await Promise.all(looks.map(look))).flat();
  if (options.json) printJson(context.terminal, findings);
  else context.terminal.print(findings.map(findingText).join('\n'));
  if (findings.some(({ level }) => level === 'FAIL')) process.exitCode = EXIT.failure;
}

/** A look that breaks is a finding too: the others must still be shown. */
async function look(ask: Look): Promise<readonly Finding[]> {
  try {
    return [await ask()].flat();
  } catch (thrown) {
    return [failure('doctor', reasonOf(thrown), 'this is a bug: please report it with this line')];
  }
}

const SUBJECT_WIDTH = 27;

function findingText({ subject, level, detail, remedy }: Finding): string {
  const line = `${level.padEnd(4)}  ${subject.padEnd(SUBJECT_WIDTH)}  ${detail}`;
  return remedy ? `${line}\n${' '.repeat(6 + SUBJECT_WIDTH + 2)}→ ${remedy}` : line;
}
