import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '@winnow/domain';
import { parseTuning } from '@winnow/platform';
import { EvaluationFailed, StudyPlan } from '@winnow/tuning';
import type { EvaluationQueue, EvaluationRecord, EvaluationRequest, StudySettings } from '@winnow/tuning';
import { examplePath } from '../config.schema';
import { lineDiff } from './line-diff';
import { openStudy } from './open-study';
import { runStudy } from './run-study';
import type { StudyRunOptions } from './run-study';
import { lockStudy, StudyLog } from './study-folder';
import { leaderboardText, outcomeText, shortNames } from './study-report';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-tuning-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TEXT = readFileSync(examplePath('online-retail'), 'utf8');
const SETUP = parseTuning(TEXT, 'winnow.yaml', 'two-tower');
const WISH = {
  data: 'online-retail',
  stage: 'two-tower',
  seed: 3,
  parallel: 1,
  confirmSeeds: 1,
  nowMs: 5,
} as const;

const study = (parallel = 1) => openStudy(SETUP, { ...WISH, parallel }, { studiesFolder: folder });

const objectiveOf = ({ settings, share }: EvaluationRequest): number =>
  share - Math.abs(Math.log((settings['training.twoTower.temperature'] as number) / 0.07));

const quiet = { onProgress: () => undefined, clock: systemClock, deadlineMs: Infinity };

/** Answers in this process. */
function queueOf(answer: (request: EvaluationRequest) => Promise<number>): EvaluationQueue {
  return {
    evaluate: async (request) => ({ objective: await answer(request), metrics: {} }),
    clear: async () => undefined,
    bury: () => undefined,
    close: async () => undefined,
  };
}

interface Run {
  readonly queue: EvaluationQueue;
  readonly trialCount?: number;
  readonly settings?: StudySettings;
  readonly more?: Partial<StudyRunOptions>;
}

/** Opens the study's log, runs, and gives back all its records and how it ended. */
async function run({ queue, trialCount = 14, settings = study().study, more = {} }: Run) {
  const log = StudyLog.open(study(settings.parallel).folder);
  try {
    const end = await runStudy({
      ...{ ...quiet, queue, trialCount, parallel: settings.parallel },
      plan: new StudyPlan(settings),
      records: () => log.records,
      onRecord: (record) => log.append(record),
      signal: new AbortController().signal,
      ...more,
    });
    return { end, records: log.records };
  } finally {
    log.close();
  }
}

const essence = (records: readonly EvaluationRecord[]) =>
  records.map(({ startedAtMs: _, durationMs: __, ...record }) => record);

describe('a study', () => {
  it('goes on after it was killed with the same proposals, and makes nothing twice', async () => {
    const whole = await run({ queue: queueOf(async (request) => objectiveOf(request)) });
    rmSync(study().folder, { recursive: true });
    let evaluations = 0;
    const dying = queueOf(async (request) => {
      evaluations += 1;
      if (evaluations > 5) throw new Error('killed');
      return objectiveOf(request);
    });
    await expect(run({ queue: dying })).rejects.toThrow('killed');
    // The last line did not get to the disk whole.
    appendFileSync(join(study().folder, 'trials.jsonl'), '{"trial":5,"rung":0,"rep');
    const rest: EvaluationRequest[] = [];
    const { end, records } = await run({
      queue: queueOf(async (request) => {
        rest.push(request);
        return objectiveOf(request);
      }),
    });
    expect(end).toBe('done');
    expect(essence(records)).toEqual(essence(whole.records));
    expect(rest).toHaveLength(whole.records.length - 5);
  });

  it('records what fails and goes on, but ends when the defaults fail, and can begin again', async () => {
    const queue = queueOf(async (request) => {
      if (request.trial === 2) throw new EvaluationFailed('the loss is not a number');
      return objectiveOf(request);
    });
    const { records } = await run({ queue, trialCount: 4 });
    expect(records.find(({ trial }) => trial === 2)).toMatchObject({
      objective: null,
      reason: 'the loss is not a number',
    });
    expect(records.some(({ trial }) => trial === 3)).toBe(true);
    rmSync(study().folder, { recursive: true });
    const always = queueOf(() => Promise.reject(new EvaluationFailed('no data')));
    await expect(run({ queue: always })).rejects.toThrow('no data');
    expect((await run({ queue, trialCount: 4 })).records).toHaveLength(records.length);
  });

  it('runs side by side as many as it may, and no more', async () => {
    let [running, most] = [0, 0];
    const settings = study(3).study;
    await run({
      settings,
      queue: queueOf(async (request) => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        return objectiveOf(request);
      }),
    });
    expect(most).toBe(3);
  });

  it('begins nothing after its time, and forgets what was under way when it is stopped', async () => {
    let nowMs = 0;
    const clock = { ...systemClock, nowMs: () => nowMs };
    const queue = queueOf(async (request) => {
      nowMs += 60_000;
      return objectiveOf(request);
    });
    const late = await run({ queue, more: { clock, deadlineMs: 150_000 } });
    expect(late).toMatchObject({ end: 'out-of-time', records: { length: 3 } });
    const stop = new AbortController();
    const stopped = await run({
      queue: queueOf(async () => {
        stop.abort(new Error('Ctrl-C'));
        throw new Error('Ctrl-C');
      }),
      more: { signal: stop.signal },
    });
    expect(stopped).toMatchObject({ end: 'stopped', records: { length: 3 } });
  });

  it('is another one when anything is different that proposals follow from', () => {
    const first = study();
    expect(study()).toMatchObject({ folder: first.folder, isNew: false });
    expect(openStudy(SETUP, { ...WISH, confirmSeeds: 5 }, { studiesFolder: folder }).folder).toBe(
      first.folder,
    );
    expect(openStudy(SETUP, { ...WISH, seed: 4 }, { studiesFolder: folder }).folder).not.toBe(first.folder);
    expect(() =>
      openStudy(SETUP, { ...WISH, sampler: 'random' }, { studiesFolder: folder, named: first.folder }),
    ).toThrow(/began with another sampler/);
    const edited = parseTuning(`${TEXT}\n# a word\n`, 'winnow.yaml', 'two-tower');
    expect(() => openStudy(edited, WISH, { studiesFolder: folder, named: first.folder })).toThrow(
      /another winnow.yaml/,
    );
  });

  it('of the event log reads up to the moment at which it began, whenever it goes on', () => {
    const open = (nowMs: number) =>
      openStudy(SETUP, { ...WISH, data: null, nowMs }, { studiesFolder: folder }).study.untilMs;
    expect([open(1_000), open(2_000)]).toEqual([1_000, 1_000]);
    expect(study().study.untilMs).toBeNull();
  });

  it('belongs to one process at a time, and to the next after a crash', () => {
    const lock = lockStudy(folder);
    writeFileSync(join(folder, 'running.json'), JSON.stringify({ pid: process.ppid, startTicks: null }));
    expect(() => lockStudy(folder)).toThrow(/already at work/);
    writeFileSync(join(folder, 'running.json'), JSON.stringify({ pid: 2 ** 22 + 1, startTicks: '1' }));
    lockStudy(folder).release();
    lock.release();
    writeFileSync(join(folder, 'running.json'), '{"pid":');
    lockStudy(folder).release();
    expect(existsSync(join(folder, 'running.json'))).toBe(false);
  });
});

describe('what a study prints', () => {
  it('is a table with the defaults, failed trials last, and a sentence', async () => {
    const settings = study().study;
    const queue = queueOf(async (request) => {
      if (request.trial === 1) throw new EvaluationFailed('no memory');
      return objectiveOf(request);
    });
    const { records } = await run({ queue, trialCount: 5 });
    const text = leaderboardText(settings, records);
    expect(text).toMatch(/# +trial +NDCG@20 +recall@20 +budget +took +dimension/);
    expect(text).toMatch(/defaults/);
    expect(text.split('\n').at(-1)).toMatch(/1 +failed: no memory/);
    expect(outcomeText(settings, null)).toMatch(/nothing can be compared yet/);
  });

  it('names parameters as shortly as tells them apart', () => {
    expect(shortNames(['a.twoTower.learningRate', 'a.ranker.learningRate', 'a.dimension'])).toEqual([
      'twoTower.learningRate',
      'ranker.learningRate',
      'dimension',
    ]);
  });
});

describe('lineDiff', () => {
  it('shows what changed with two lines around it, and nothing when nothing did', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh';
    expect(lineDiff(before, before)).toBe('');
    expect(lineDiff(before, before.replace('d', 'D').replace('h', 'h\ni'))).toBe(
      '  b\n  c\n- d\n+ D\n  e\n  f\n  g\n  h\n+ i',
    );
    expect(lineDiff(before, `z\n${before}`)).toBe('+ z\n  a\n  b');
    expect(lineDiff('a\nb\nc\nd\ne\nf\ng\nh\ni', 'A\nb\nc\nd\ne\nf\ng\nh\nI')).toBe(
      '- a\n+ A\n  b\n  c\n…\n  g\n  h\n- i\n+ I',
    );
  });
});
