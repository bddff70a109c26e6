import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, EXIT } from '../command-error';
import { isAlive, startTicks } from './process-identity';

/** What a running stack leaves in its home, so that other commands find it. */
export interface RunningStack {
  readonly pid: number;
  readonly portBase: number;
  readonly redisUrl: string;
  readonly startedAtMs: number;
}

const lockPath = (home: string): string => join(home, 'up.json');

interface StoredStack extends RunningStack {
  readonly startTicks: string | null;
}

/** The stack that runs on this home, if its supervisor is alive. */
export function findRunningStack(home: string): RunningStack | null {
  try {
    const stored = JSON.parse(readFileSync(lockPath(home), 'utf8')) as StoredStack;
    const { startTicks: ticks, ...stack } = stored;
    return Number.isInteger(stack.pid) && isAlive(stack.pid, ticks) ? stack : null;
  } catch {
    return null;
  }
}

/**
 * Takes the home for one supervisor; the caller releases it at the end.
 *
 * @throws CommandError when another one has it, saying how to reach or stop it.
 */
export function lockHome(home: string, stack: RunningStack): { release(): void } {
  mkdirSync(home, { recursive: true });
  const running = findRunningStack(home);
  if (running && running.pid !== stack.pid)
    throw new CommandError(
      `the stack already runs on ${home} (process ${running.pid}, ports from ${running.portBase})`,
      `use it as it is, or stop it first with: kill ${running.pid}`,
      EXIT.usage,
    );
  rmSync(lockPath(home), { force: true });
  const stored: StoredStack = { ...stack, startTicks: startTicks(stack.pid) };
  try {
    // Exclusive: of two that start at once, one loses here.
    writeFileSync(lockPath(home), `${JSON.stringify(stored)}\n`, { flag: 'wx' });
  } catch (thrown) {
    throw new CommandError(`another start on ${home} was faster`, 'use that one', EXIT.usage, {
      cause: thrown,
    });
  }
  return {
    release: () => {
      if (findRunningStack(home)?.pid === stack.pid) rmSync(lockPath(home), { force: true });
    },
  };
}
