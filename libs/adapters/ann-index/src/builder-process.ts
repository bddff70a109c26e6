import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { annIndexError, AnnIndexFailure } from './ann-index-error';
import type { BuilderReply, BuilderRequest } from './build-protocol';
import { builtEntry } from './built-entry';

/** Serving on the same machine goes first. */
const NICENESS = 10;
const STDERR_KEPT_CHARACTERS = 2000;

type FinalReply = Exclude<BuilderReply, { kind: 'progress' | 'failed' }>;

/** The parent's end of one builder. Every question throws an AnnIndexFailure when it cannot be answered. */
export class BuilderProcess {
  private readonly exited: Promise<void>;
  private stderr = '';

  private constructor(private readonly child: ChildProcess) {
    this.exited = new Promise((resolve) => child.once('exit', () => resolve()));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString()).slice(-STDERR_KEPT_CHARACTERS);
    });
  }

  static start(): BuilderProcess {
    const child = fork(builtEntry('ann-build.process.js'), [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
    return new BuilderProcess(child);
  }

  /** One question at a time. */
  ask(request: BuilderRequest, onProgress?: (rowCount: number) => void): Promise<FinalReply> {
    return new Promise((resolve, reject) => {
      const onMessage = (reply: BuilderReply): void => {
        if (reply.kind === 'progress') return onProgress?.(reply.rowCount);
        stopListening();
        if (reply.kind === 'failed') reject(new AnnIndexFailure(reply.error));
        else resolve(reply);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        stopListening();
        const how = signal ?? `code ${code}`;
        reject(
          new AnnIndexFailure(annIndexError('crashed', `builder ended with ${how} ${this.stderr}`.trim())),
        );
      };
      const stopListening = (): void => {
        this.child.off('message', onMessage);
        this.child.off('exit', onExit);
      };
      this.child.on('message', onMessage);
      this.child.once('exit', onExit);
      this.child.send(request, (error) => {
        if (error) onExit(this.child.exitCode, error.message);
      });
    });
  }

  /** Resolves once the process is gone. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.exited;
  }
}
