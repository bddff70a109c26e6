import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { installationFolder } from '../config.schema';

export interface TrialProcessOptions {
  /** Processes side by side. */
  readonly count: number;
  readonly studyFolder: string;
  readonly studyName: string;
  readonly environment: NodeJS.ProcessEnv;
  /** A process ended although nobody asked it to; another one takes its place. */
  readonly onDeath: (pid: number, how: string) => void;
}

/** Processes that train and measure trials, each a trainer bundle on the study's queue. */
export interface TrialProcesses {
  stop(): Promise<void>;
}

const KILL_AFTER_MS = 5_000;

/** Starts the processes. They end when this one does, however that ends: the channel between them closes. */
export function startTrialProcesses(options: TrialProcessOptions): TrialProcesses {
  const children = new Set<ChildProcess>();
  let stopping = false;
  const start = (): void => {
    const child = spawn(
      process.execPath,
      [
        join(installationFolder(), 'dist', 'trainer.js'),
        ...['trials', '--study', options.studyFolder, '--name', options.studyName],
      ],
      // Out of the terminal's process group: Ctrl-C comes from here.
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true, env: options.environment },
    );
    children.add(child);
    const gone = (how: string): void => {
      if (!children.delete(child) || stopping) return;
      options.onDeath(child.pid ?? 0, how);
      start();
    };
    child.once('error', (thrown) => gone(thrown.message));
    child.once('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
  };
  for (let index = 0; index < options.count; index += 1) start();
  return {
    async stop() {
      stopping = true;
      await Promise.all([...children].map(end));
    },
  };
}

function end(child: ChildProcess): Promise<void> {
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
