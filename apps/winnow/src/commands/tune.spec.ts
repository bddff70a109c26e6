import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@winnow/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examplePath } from '../config.schema';
import type { CommandContext } from '../context';
import { exitCodeOf, reportFailure } from '../failure';
import { createProgram } from '../program';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-tune-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command line as a shell would; gives back its exit code and what it said. */
async function tune(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  const context: CommandContext = {
    environment: { WINNOW_HOME: join(folder, 'home') },
    workingFolder: folder,
    terminal: { interactive: false, print: note, note, redraw: () => undefined },
    clock: systemClock,
    signal: new AbortController().signal,
  };
  try {
    await createProgram(context).parseAsync(['node', 'winnow', 'tune', ...args]);
    return { code: 0, said: notes.join('\n') };
  } catch (thrown) {
    reportFailure(thrown, context);
    return { code: exitCodeOf(thrown), said: notes.join('\n') };
  }
}

describe('winnow tune', () => {
  it.each([
    [['--data', 'netflix'], /no data set netflix.*online-retail/s],
    [['--data', 'online-retail', '--stage', 'towers'], /no stage towers.*two-tower, rankers, funnel/s],
    [['--data', 'online-retail', '--sampler', 'grid'], /no sampler grid.*tpe, random/s],
    [['--data', 'online-retail', '--trials', '1'], /--trials must be a whole number from 2/],
    [['--data', 'online-retail', '--write'], /--write needs a file of yours.*--config/s],
    [['--data', 'online-retail', '--html', 'nowhere/a.html'], /no folder that can be written to/],
  ])('refuses %j before anything is started', async (args, words) => {
    const { code, said } = await tune(...args);
    expect(code).toBe(2);
    expect(said).toMatch(words);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lists every violation of the search space', async () => {
    const path = join(folder, 'winnow.yaml');
    copyFileSync(examplePath('online-retail'), path);
    writeFileSync(
      path,
      'tuning:\n  parameters:\n    training.dimension: { low: 0, high: 9 }\n    training.speed: { choices: [1, 2] }\n',
      { flag: 'a' },
    );
    const { code, said } = await tune('--data', 'online-retail', '--config', path);
    expect(code).toBe(2);
    expect(said).toMatch(/has 2 violations/);
    expect(said).toMatch(/training.dimension.low \(line \d+\): must be at least 4; is 0/);
    expect(said).toMatch(/training.speed \(line \d+\): is no setting/);
  });
});
