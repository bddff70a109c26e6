import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf, RETRAINING_STEPS, seededRandom, type Random, type RetrainingStep } from '@winnow/domain';
import { BullRetrainingQueue } from '@winnow/job-queue';
import { createFileModelRegistry } from '@winnow/model-registry';
import { homeFolders } from '@winnow/platform';
import type { Promised } from './chaos-report';
import type { ChaosStack } from './chaos-stack';
import { firstEventPart } from './first-event-part';
import type { KillableProcess } from './killable-process';
import { drained, upsertItems } from './run-chaos';

const REQUEST_TIMEOUT_MS = 60_000;
const RUN_TIMEOUT_MS = 240_000;
const MID_STEP_MS_MAX = 400;
const TRAINER_COUNT = 4;
/** Too small for a run's first file of some size. */
const SMALL_DISK = 'size=64k';

/** What is thrown at the trainer, one fault after the other; each begins with data that no run has seen. */
export class RetrainingFaults {
  private readonly queue: BullRetrainingQueue;
  private readonly random: Random;
  private itemCount: number;

  constructor(
    private readonly stack: ChaosStack,
    options: { readonly seed: number; readonly itemCount: number },
  ) {
    const { redis, description } = stack;
    this.queue = new BullRetrainingQueue({ url: redis.url, namespace: description.namespace });
    this.random = seededRandom(options.seed);
    this.itemCount = options.itemCount;
  }

  close(): Promise<void> {
    return this.queue.close();
  }

  /** Killed once in the middle of each step and once at its end, before the queue learns of it. */
  async killedAtEveryStep(): Promise<Promised> {
    const due = new Set(RETRAINING_STEPS.flatMap((step) => [`${step} begins`, `${step} done`]));
    const kills: string[] = [];
    const outcome = await this.runWith((trainer) => (step, phase) => {
      const moment = `${step} ${phase}`;
      if (!due.delete(moment)) return;
      kills.push(moment);
      const delayMs = phase === 'begins' ? this.random() * MID_STEP_MS_MAX : 0;
      setTimeout(() => void trainer.kill().then(() => trainer.start()), delayMs);
    });
    return this.judged('a trainer killed in the middle and at the end of every step publishes one release', {
      ...outcome,
      kept: outcome.state === 'published' && outcome.releaseCount === 1 && due.size === 0,
      note: `${kills.length} kills`,
    });
  }

  /** Four trainers boot together and are asked together. */
  async bootedTogether(): Promise<Promised> {
    await this.newData();
    const before = await this.releaseCount();
    const trainers = Array.from({ length: TRAINER_COUNT }, () => this.stack.trainer(() => {}));
    for (const trainer of trainers) trainer.start();
    try {
      const requests = trainers.map(() => this.queue.requestRun(REQUEST_TIMEOUT_MS));
      const runIds = new Set(await Promise.all(requests));
      const [runId] = runIds;
      const { state, summary } = await this.outcomeOf(runId);
      const schedule = await this.queue.scheduled();
      const releaseCount = (await this.releaseCount()) - before;
      const kept = runIds.size === 1 && schedule !== null && state === 'published' && releaseCount === 1;
      const note = `${runIds.size} run, schedule ${schedule?.cron ?? 'none'}`;
      return this.judged('four trainers booted at once make one schedule and one release', {
        ...{ state, summary, releaseCount, kept, note },
      });
    } finally {
      await Promise.all(trainers.map((trainer) => trainer.kill()));
    }
  }

  /** A step that takes its process down whenever it begins. */
  async deadlyStep(): Promise<Promised> {
    const outcome = await this.runWith((trainer) => (step, phase) => {
      if (step === 'heavy' && phase === 'begins') void trainer.kill().then(() => trainer.start());
    });
    const after = await this.runWith(() => () => {});
    return this.judged(
      'a step that crashes its process is given up with the reason, and the next run publishes',
      {
        ...outcome,
        kept: outcome.state === 'failed' && /^heavy: /.test(outcome.summary) && after.state === 'published',
        note: `then ${after.state}`,
      },
    );
  }

  /** A part of the log with zeros in its middle. */
  async damagedPart(): Promise<Promised> {
    const path = await firstEventPart(this.stack.eventLogFolder);
    const sound = await readFile(path);
    await writeFile(path, Buffer.from(sound).fill(0, 4, sound.length - 8));
    const outcome = await this.runWith(() => () => {}).catch((thrown) => ({
      ...{ state: 'failed' as const, summary: reasonOf(thrown), releaseCount: 0 },
    }));
    await writeFile(path, sound);
    const after = await this.runWith(() => () => {});
    return this.judged(
      'a damaged part is named by the failure, and once it is mended the next run publishes',
      {
        ...outcome,
        kept:
          outcome.state === 'failed' &&
          outcome.summary.includes(basename(path)) &&
          after.state === 'published',
        note: `then ${after.state}`,
      },
    );
  }

  /** A disk that is full for the run's files; needs the right to mount one. */
  async fullDisk(): Promise<Promised> {
    const promise =
      'on a full disk a run fails with the reason, and once there is room the next one publishes';
    const { runs } = homeFolders(this.stack.home);
    await mkdir(runs, { recursive: true });
    const execute = promisify(execFile);
    try {
      await execute('mount', ['-t', 'tmpfs', '-o', SMALL_DISK, 'tmpfs', runs]);
    } catch {
      return { promise, kept: true, detail: 'not tried: nobody here may mount a small disk' };
    }
    const outcome = await this.runWith(() => () => {}).finally(() => execute('umount', ['-l', runs]));
    const after = await this.runWith(() => () => {});
    const kept =
      outcome.state === 'failed' && /no space|ENOSPC/i.test(outcome.summary) && after.state === 'published';
    return this.judged(promise, { ...outcome, kept, note: `then ${after.state}` });
  }

  /** One run over new data, with a trainer whose steps are watched. */
  private async runWith(
    watch: (trainer: KillableProcess) => (step: RetrainingStep, phase: 'begins' | 'done') => void,
  ): Promise<FaultOutcome> {
    await this.newData();
    const before = await this.releaseCount();
    let onStep: (step: RetrainingStep, phase: 'begins' | 'done') => void = () => {};
    const trainer = this.stack.trainer((line) => {
      const [, phase] = /"msg":"step (begins|done)"/.exec(line) ?? [];
      const [, step] = /"step":"([\w-]+)"/.exec(line) ?? [];
      if (phase && step) onStep(step as RetrainingStep, phase as 'begins' | 'done');
    });
    onStep = watch(trainer);
    trainer.start();
    try {
      const { state, summary } = await this.outcomeOf(await this.queue.requestRun(REQUEST_TIMEOUT_MS));
      return { state, summary, releaseCount: (await this.releaseCount()) - before };
    } finally {
      await trainer.kill();
    }
  }

  private outcomeOf(runId: string): ReturnType<BullRetrainingQueue['watch']> {
    return this.queue.watch(runId, () => {}, AbortSignal.timeout(RUN_TIMEOUT_MS));
  }

  private async newData(): Promise<void> {
    this.itemCount += 1;
    await upsertItems(this.stack.address, { itemCount: this.itemCount });
    await drained(this.stack);
  }

  private async releaseCount(): Promise<number> {
    const registry = createFileModelRegistry({ folder: homeFolders(this.stack.home).registry });
    return (await registry.list()).length;
  }

  private judged(
    promise: string,
    found: FaultOutcome & { readonly kept: boolean; readonly note: string },
  ): Promised {
    const { state, summary, releaseCount, kept, note } = found;
    return { promise, kept, detail: `${note}; ${state}, ${releaseCount} new releases: ${summary}` };
  }
}

interface FaultOutcome {
  readonly state: 'published' | 'failed';
  readonly summary: string;
  /** Releases that were not there before. */
  readonly releaseCount: number;
}
