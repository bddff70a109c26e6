import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { CommandError } from '../command-error';
import { installationFolder } from '../config.schema';

/** How many processes for which study, and whom to tell when they die. */
export interface TrialProcessOptions {
  /** Processes side by side. */
  readonly count: number;
  readonly studyFolder: string;
  readonly studyName: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Evaluations that have ended so far, well or not. A process that dies of its evaluation ends it, too. */
  readonly endedCount: () => number;
  /** A process ended although nobody asked it to; another one takes its place. */
  readonly onDeath: (pid: number, how: string) => void;
  /** A process died as often as it may with no evaluation ended meanwhile: nothing will come of it. */
  readonly onGivenUp: (error: CommandError) => void;
  /** Before each start in a row. Default: a quarter of a second to 16 s. */
  readonly pausesMs?: readonly number[];
  /** The trainer's bundle. */
  readonly entry?: string;
}

/** Processes that train and measure trials, each a trainer bundle on the study's queue. */
export interface TrialProcesses {
  stop(): Promise<void>;
}

const KILL_AFTER_MS = 5_000;
const PAUSES_MS = [250, 1_000, 4_000, 16_000];
const LAST_LINES_MAX = 12;

/** Starts the processes. They end when this one does, however that ends: the channel between them closes. */
export function startTrialProcesses(options: TrialProcessOptions): TrialProcesses {
  const places = Array.from({ length: options.count }, () => new TrialProcess(options));
  for (const place of places) place.start();
  return {
    async stop() {
      await Promise.all(places.map((place) => place.stop()));
    },
  };
}

/** One process and those that take its place. */
class TrialProcess {
  private child: ChildProcess | null = null;
  private restart: NodeJS.Timeout | undefined;
  private stopping = false;
  /** Starts in a row with no evaluation ended meanwhile. */
  private restartCount = 0;
  private endedCount = 0;

  constructor(private readonly options: TrialProcessOptions) {}

  start(): void {
    const { studyFolder, studyName, environment } = this.options;
    const entry = this.options.entry ?? join(installationFolder(), 'dist', 'trainer.js');
    const child = spawn(
      process.execPath,
      [entry, 'trials', '--study', studyFolder, '--name', studyName],
      // Out of the terminal's process group: Ctrl-C comes from here.
      { stdio: ['ignore', 'inherit', 'pipe', 'ipc'], detached: true, env: environment },
    );
    this.child = child;
    let said = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      said = `${said}${chunk}`.split('\n').slice(-LAST_LINES_MAX).join('\n');
    });
    const gone = (how: string): void => {
      if (this.child !== child) return;
      this.child = null;
      if (!this.stopping) this.replace(child.pid ?? 0, { how, said: said.trim() });
    };
    child.once('error', (thrown) => gone(thrown.message));
    child.once('close', (code, signal) => gone(signal ?? `exit code ${code}`));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    if (this.child) await end(this.child);
  }

  private replace(pid: number, { how, said }: { readonly how: string; readonly said: string }): void {
    const { onDeath, onGivenUp, pausesMs = PAUSES_MS } = this.options;
    const endedCount = this.options.endedCount();
    if (endedCount > this.endedCount) this.restartCount = 0;
    this.endedCount = endedCount;
    if (this.restartCount === pausesMs.length)
      return onGivenUp(
        new CommandError(
          `training processes die (${how}) before an evaluation ends, ${this.restartCount + 1} times in a row${said && `:\n${said}`}`,
          'mend what they say; the same command goes on',
        ),
      );
    onDeath(pid, how);
    this.restart = setTimeout(() => this.start(), pausesMs[this.restartCount]);
    this.restartCount += 1;
  }
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    if (child.connected) child.disconnect();
    else child.kill('SIGTERM');
  });
}
