import { systemClock } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../context';
import { exitCodeOf, reportFailure } from '../failure';
import { createProgram } from '../program';

/** Runs the command line as a shell would; gives back its exit code and what it said. */
async function winnow(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const notes: string[] = [];
  const context: CommandContext = {
    environment: {},
    workingFolder: '/nowhere',
    terminal: {
      interactive: false,
      print: () => undefined,
      note: (text) => notes.push(text),
      redraw: () => undefined,
    },
    clock: systemClock,
    signal: new AbortController().signal,
  };
  try {
    await createProgram(context).parseAsync(['node', 'winnow', ...args]);
    return { code: 0, said: notes.join('\n') };
  } catch (thrown) {
    reportFailure(thrown, context);
    return { code: exitCodeOf(thrown), said: notes.join('\n') };
  }
}

describe('winnow evaluate', () => {
  it.each([
    ['data', ['--data', 'netflix'], /no data set netflix.*online-retail.*gowalla/s],
    ['protocol', ['--data', 'gowalla', '--protocol', 'coin'], /no protocol coin.*gt, loo, folds, gowalla/s],
    ['source of data', [], /--data is missing.*--off-policy/s],
    ['folder', ['--data', 'gowalla', '--html', 'a/b.html'], /\/nowhere\/a is no folder that can be written/],
    [
      'use of --policy',
      ['--data', 'gowalla', '--policy', 'greedy'],
      /--policy has no effect without --off-pol/,
    ],
    [
      'use of --hide-items',
      ['--off-policy', '--hide-items', '0.1'],
      /--hide-items has no effect with --off-p/,
    ],
    ['count of seeds', ['--data', 'gowalla', '--seeds', '0'], /--seeds must be a whole number from 1/],
  ])(
    'refuses an unknown %s before anything is started, and says what there is',
    async (_what, args, words) => {
      const { code, said } = await winnow('evaluate', ...args);
      expect(code).toBe(2);
      expect(said).toMatch(words);
    },
  );
});
