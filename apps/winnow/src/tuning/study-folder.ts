import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { EvaluationRecord, StudySettings } from '@winnow/tuning';
import { CommandError, EXIT, usageError } from '../command-error';
import { isAlive, startTicks } from '../supervisor/process-identity';

const FILES = {
  study: 'study.json',
  /** As it was when the study began: what trials are made from. */
  description: 'winnow.yaml',
  /** One line an evaluation, in the order in which they ended. */
  log: 'trials.jsonl',
  lock: 'running.json',
} as const;

/** A study that is already there, or null. */
export function readStudy(folder: string): { readonly study: StudySettings; readonly text: string } | null {
  if (!existsSync(join(folder, FILES.study))) return null;
  return {
    study: JSON.parse(readFileSync(join(folder, FILES.study), 'utf8')) as StudySettings,
    text: readFileSync(join(folder, FILES.description), 'utf8'),
  };
}

/** Writes what a study is; its results follow. The study's own file comes last: where it is, all is. */
export function createStudy(folder: string, { study, text }: { study: StudySettings; text: string }): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of [
    [FILES.log, ''],
    [FILES.description, text],
    [FILES.study, `${JSON.stringify(study, null, 2)}\n`],
  ] as const)
    writeDurably(join(folder, name), content);
}

function writeDurably(path: string, content: string): void {
  const file = openSync(path, 'w');
  writeSync(file, content);
  fsyncSync(file);
  closeSync(file);
}

/** The results of a study, in an append-only file: a line that is there survives the machine. */
export class StudyLog {
  private constructor(
    private readonly file: number,
    private readonly lines: EvaluationRecord[],
  ) {}

  /** A line that a crash cut off is dropped; its evaluation is made again. */
  static open(folder: string): StudyLog {
    const path = join(folder, FILES.log);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) writeDurably(path, whole);
    const lines = whole
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as EvaluationRecord);
    return new StudyLog(openSync(path, 'a'), lines);
  }

  get records(): readonly EvaluationRecord[] {
    return this.lines;
  }

  append(record: EvaluationRecord): void {
    writeSync(this.file, `${JSON.stringify(record)}\n`);
    fsyncSync(this.file);
    this.lines.push(record);
  }

  close(): void {
    closeSync(this.file);
  }
}

interface Lock {
  readonly pid: number;
  readonly startTicks: string | null;
}

/** Null also for a file that a crash cut off: whoever wrote it is gone. */
function holderOf(path: string): Lock | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Lock;
  } catch {
    return null;
  }
}

/**
 * Takes a study for this process; give it back at the end.
 *
 * @throws CommandError when another process works on it.
 */
export function lockStudy(folder: string): { release(): void } {
  const path = join(folder, FILES.lock);
  const holder = holderOf(path);
  if (holder && holder.pid !== process.pid && isAlive(holder.pid, holder.startTicks))
    throw usageError(
      `the study in ${folder} is already at work (process ${holder.pid})`,
      `wait for it, or stop it with: kill ${holder.pid}`,
    );
  rmSync(path, { force: true });
  const lock: Lock = { pid: process.pid, startTicks: startTicks(process.pid) };
  try {
    writeFileSync(path, JSON.stringify(lock), { flag: 'wx' });
  } catch (thrown) {
    throw new CommandError(`another start on ${folder} was faster`, 'use that one', EXIT.usage, {
      cause: thrown,
    });
  }
  return { release: () => rmSync(path, { force: true }) };
}
