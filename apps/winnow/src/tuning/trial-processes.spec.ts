import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandError } from '../command-error';
import { startTrialProcesses, type TrialProcesses, type TrialProcessOptions } from './trial-processes';

/** Notes that it was started; dies, unless it was told to live. */
const TRAINER = `
import { appendFileSync } from 'node:fs';
const { FOLDER, LIVES } = process.env;
appendFileSync(FOLDER + '/starts', 'x');
if (LIVES) process.on('disconnect', () => process.exit(0));
else { console.error('field port is wrong'); process.exit(7); }
`;

let folder: string;
let processes: TrialProcesses | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-trials-'));
  writeFileSync(join(folder, 'trainer.mjs'), TRAINER);
});
afterEach(async () => {
  await processes?.stop();
  processes = null;
  rmSync(folder, { recursive: true, force: true });
});

const startCount = (): number => readFileSync(join(folder, 'starts'), 'utf8').length;

function start(options: Partial<TrialProcessOptions>): void {
  processes = startTrialProcesses({
    ...{ count: 1, studyFolder: folder, studyName: 'study', entry: join(folder, 'trainer.mjs') },
    environment: { ...process.env, FOLDER: folder },
    endedCount: () => 0,
    onDeath: () => undefined,
    onGivenUp: () => undefined,
    pausesMs: [1, 2],
    ...options,
  });
}

describe('a training process that dies', () => {
  it('is replaced a few times, then given up with what it said', async () => {
    const deaths: string[] = [];
    const error = await new Promise<CommandError>((resolve) =>
      start({ onDeath: (_, how) => deaths.push(how), onGivenUp: resolve }),
    );
    expect(error.message).toMatch(/exit code 7.*3 times in a row.*field port is wrong/s);
    expect(error.remedy).toMatch(/same command/);
    expect(deaths).toEqual(['exit code 7', 'exit code 7']);
    expect(startCount()).toBe(3);
  });

  it('is replaced for as long as evaluations come to an end', async () => {
    let ended = 0;
    const pids = new Set<number>();
    await new Promise<void>((resolve, reject) =>
      start({
        endedCount: () => (ended += 1),
        onDeath: (pid) => void (pids.add(pid).size === 5 && resolve()),
        onGivenUp: reject,
      }),
    );
    expect(pids.size).toBe(5);
  });

  it('is not replaced once it was asked to end', async () => {
    let deathCount = 0;
    start({
      count: 2,
      environment: { ...process.env, FOLDER: folder, LIVES: '1' },
      onDeath: () => (deathCount += 1),
    });
    await processes!.stop();
    await processes!.stop();
    expect(deathCount).toBe(0);
  });
});
