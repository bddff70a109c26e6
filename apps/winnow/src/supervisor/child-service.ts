import { type ChildProcess, fork } from 'node:child_process';
import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ServiceSpec } from '../services/service-plan';

export type ChildPhase = 'starting' | 'ready' | 'restarting' | 'stopped' | 'failed';

/** How one service is doing, for people and for tests. */
export interface ServiceStatus {
  readonly name: string;
  readonly grpcPort: number | null;
  readonly metricsPort: number;
  readonly pid: number | null;
  readonly phase: ChildPhase;
  readonly restartCount: number;
  /** What a service that is not ready says of the reason. */
  readonly detail?: string;
}

export interface ChildServiceOptions {
  readonly logFolder: string;
  /** Each line that the service writes. */
  readonly onLine?: (name: string, line: string) => void;
  readonly onExit: (exit: ChildExit) => void;
}

export interface ChildExit {
  readonly service: ChildService;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly uptimeMs: number;
}

/** A request leaves megabytes of short-lived arrays: with room for several requests, most die before they are copied. */
const NODE_FLAGS = ['--enable-source-maps', '--max-semi-space-size=64'];
/** Tables on huge pages, with glibc: rows at random places cost fewer walks through page tables. */
const ALLOCATOR = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' };
const LAST_LINES_MAX = 12;
const LOG_BYTES_MAX = 16 * 1024 * 1024;

/**
 * One service as a child process. It has a process group of its own, so a Ctrl-C in the terminal reaches only the
 * supervisor, and an IPC channel, whose end tells it that the supervisor is gone.
 */
export class ChildService {
  phase: ChildPhase = 'starting';
  restartCount = 0;
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  private lastLines: string[] = [];
  private log: WriteStream | null = null;

  constructor(
    readonly spec: ServiceSpec,
    private readonly options: ChildServiceOptions,
  ) {}

  status(): ServiceStatus {
    const { name, grpcPort, metricsPort } = this.spec;
    const pid = this.child?.pid ?? null;
    return { name, grpcPort, metricsPort, pid, phase: this.phase, restartCount: this.restartCount };
  }

  get logPath(): string {
    return join(this.options.logFolder, `${this.spec.name}.log`);
  }

  /** What it said last: the reason, when it could not start. */
  lastWords(): string {
    return this.lastLines.join('\n');
  }

  start(): void {
    const startedAt = performance.now();
    this.phase = 'starting';
    this.lastLines = [];
    this.log ??= openLog(this.options.logFolder, this.logPath);
    const child = fork(this.spec.entry, [], {
      detached: true,
      execArgv: NODE_FLAGS,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...ALLOCATOR, ...process.env, ...this.spec.environment, WINNOW_SUPERVISED: '1' },
    });
    this.child = child;
    for (const stream of [child.stdout!, child.stderr!])
      createInterface({ input: stream }).on('line', (line) => this.take(line));
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        if (this.child !== child) return;
        this.child = null;
        resolve();
        this.options.onExit({ service: this, code, signal, uptimeMs: performance.now() - startedAt });
      };
      child.once('exit', end);
      child.once('error', (thrown) => {
        this.take(String(thrown));
        if (child.pid === undefined) end(null, null);
      });
    });
  }

  /** Asks it to end, and kills it after the grace. Resolves once it is gone. */
  async stop(graceMs: number): Promise<void> {
    const child = this.child;
    this.phase = 'stopped';
    if (child) {
      child.kill('SIGTERM');
      const forced = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await this.exited;
      clearTimeout(forced);
    }
    this.log?.end();
    this.log = null;
  }

  kill(): void {
    this.child?.kill('SIGKILL');
  }

  private take(line: string): void {
    this.lastLines.push(line);
    if (this.lastLines.length > LAST_LINES_MAX) this.lastLines.shift();
    this.log?.write(`${line}\n`);
    this.options.onLine?.(this.spec.name, line);
  }
}

function openLog(folder: string, path: string): WriteStream {
  mkdirSync(folder, { recursive: true });
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
  const log = createWriteStream(path, { flags: 'a' });
  // A full disk must not take the stack down; the lines are on the terminal with --verbose.
  log.on('error', () => undefined);
  return log;
}
