import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

export interface KillableProcessOptions {
  /** The bundle that it runs. */
  readonly entry: string;
  readonly args?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where what it prints is appended to. */
  readonly logPath: string;
  /** Each line that it prints, besides. */
  readonly onLine?: (line: string) => void;
}

/** A process of the stack that is killed −9 and started again. One that ends by itself is a finding. */
export class KillableProcess {
  /** How it ended when nobody killed it: exit codes and signals. */
  readonly ownEnds: string[] = [];
  private child: ChildProcess | null = null;
  private ended: Promise<void> = Promise.resolve();
  private killing = false;

  constructor(private readonly options: KillableProcessOptions) {}

  start(): void {
    const { entry, args = [], environment, logPath, onLine } = this.options;
    const log = openSync(logPath, 'a');
    const child = spawn(process.execPath, ['--enable-source-maps', entry, ...args], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', onLine ? 'pipe' : log, log],
    });
    closeSync(log);
    if (onLine && child.stdout) createInterface({ input: child.stdout }).on('line', onLine);
    this.killing = false;
    this.child = child;
    this.ended = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        if (!this.killing) this.ownEnds.push(signal ?? `exit code ${code}`);
        resolve();
      }),
    );
  }

  /** The newest lines of its log. */
  async lastWords(lineCount: number): Promise<readonly string[]> {
    const log = await readFile(this.options.logPath, 'utf8').catch(() => '');
    return log.trimEnd().split('\n').slice(-lineCount);
  }

  /** Ends it at once; resolves when it is gone. */
  async kill(): Promise<void> {
    this.killing = true;
    this.child?.kill('SIGKILL');
    await this.ended;
  }
}
