import { reasonOf, type VerifiedRelease } from '@winnow/domain';
import { loadDescription, readEnvironment } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import { openPorts, type TrainerPorts } from './composition-root';
import { trainerSettings } from './config.schema';
import { ProgressLine } from './progress-line';
import { openRelease } from './release-in-the-past';

/** What is wrong with the question, and not with the work. */
export class QuestionError extends Error {}

/** What an answer is found with. */
export interface Questioned {
  readonly ports: TrainerPorts;
  readonly release: VerifiedRelease;
  readonly onProgress: (fraction: number, note: string) => void;
}

/** An answer that is to be acted on: printed, and the process ends with 1. */
export interface Alarm {
  readonly text: string;
}

const EXIT_USAGE = 2;

/** Asks one release of a home one thing, prints the answer and ends the process: 0, 1 on failure or alarm, 2 for a wrong question. */
export async function askRelease(options: {
  /** For the progress line. */
  readonly title: string;
  /** Absent: the one that serves. */
  readonly release?: string;
  readonly json: boolean;
  readonly answer: (questioned: Questioned) => Promise<string | Alarm>;
}): Promise<void> {
  const { title, json, answer } = options;
  const settings = readEnvironment(trainerSettings);
  const description = await loadDescription(settings.configPath);
  const progress = new ProgressLine(process.stderr, json);
  const ports = openPorts({ home: settings.home, redisUrl: settings.redisUrl, description });
  let exitCode = 0;
  try {
    const release = await openRelease(ports, options.release);
    await startBackend({ forced: settings.backend });
    const onProgress = (fraction: number, note: string): void => progress.show(title, fraction, note);
    const answered = await answer({ ports, release, onProgress });
    process.stdout.write(`${typeof answered === 'string' ? answered : answered.text}\n`);
    if (typeof answered !== 'string') exitCode = 1;
  } catch (thrown) {
    progress.note(`  ${reasonOf(thrown)}`);
    exitCode = thrown instanceof QuestionError ? EXIT_USAGE : 1;
  }
  await ports.close();
  // TF.js backends and DuckDB may hold the event loop open.
  process.exit(exitCode);
}
