import { CommanderError } from 'commander';
import { reasonOf } from '@winnow/domain';
import { DatasetError } from '@winnow/datasets';
import { ConfigError, RedisUnavailableError } from '@winnow/platform';
import { CommandError, EXIT } from './command-error';
import type { CommandContext } from './context';

/** The exit code that a failure ends the process with. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CommandError) return thrown.exitCode;
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT.usage;
  if (thrown instanceof ConfigError) return EXIT.usage;
  if (thrown instanceof DatasetError)
    return thrown.kind === 'damaged' || thrown.kind === 'download' ? EXIT.failure : EXIT.usage;
  if (thrown instanceof RedisUnavailableError) return EXIT.unavailable;
  return EXIT.failure;
}

/** Says on stderr what failed and what to do; a stack only for bugs. */
export function reportFailure(thrown: unknown, { terminal, environment }: CommandContext): void {
  // Commander has already printed its own.
  if (thrown instanceof CommanderError) return;
  terminal.redraw('');
  if (thrown instanceof CommandError) {
    terminal.note(`winnow: ${thrown.message}\n  → ${thrown.remedy}`);
    if (environment['WINNOW_DEBUG'] && thrown.cause) terminal.note(String(thrown.cause));
    return;
  }
  if ([ConfigError, RedisUnavailableError, DatasetError].some((kind) => thrown instanceof kind))
    return terminal.note(`winnow: ${reasonOf(thrown)}`);
  terminal.note(`winnow: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
}
