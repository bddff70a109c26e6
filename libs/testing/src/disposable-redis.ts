import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// Below the ports that the system hands out for port 0 (32,768 and up on Linux), so that no other test lands here.
const PORT_FIRST = 20_000;
const PORT_COUNT = 10_000;
const PORT_ATTEMPTS = 20;
/** A Redis that reads a long append-only file does not answer meanwhile. */
const ANSWER_TIMEOUT_MS = 60_000;

/** When Redis flushes its append-only file to the disk: before each answer, or once a second. */
export type AppendFsync = 'always' | 'everysec';

export interface DisposableRedisOptions {
  /**
   * `always` when left out: with `everysec`, Redis puts off writing while the disk is busy, and a kill may then lose what
   * was acknowledged.
   */
  readonly appendFsync?: AppendFsync;
}

/** A redis-server that a test may kill −9 and start again on the same port. It keeps an append-only file. */
export class DisposableRedis {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly appendFsync: AppendFsync,
    private child: ChildProcess,
  ) {}

  /** Starts one on a free port; resolves when it answers. */
  static async open({ appendFsync = 'always' }: DisposableRedisOptions = {}): Promise<DisposableRedis> {
    const folder = await mkdtemp(join(tmpdir(), 'winnow-disposable-redis-'));
    for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
      const port = PORT_FIRST + Math.floor(Math.random() * PORT_COUNT);
      const child = await launch({ folder, port, appendFsync });
      if (child) return new DisposableRedis(folder, port, appendFsync, child);
    }
    await rm(folder, { recursive: true, force: true });
    throw new Error(`redis-server did not start on any of ${PORT_ATTEMPTS} ports`);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async kill(): Promise<void> {
    await ended(this.child, 'SIGKILL');
  }

  /** Starts it again after `kill`; resolves when it answers. */
  async restart(): Promise<void> {
    const { folder, port, appendFsync } = this;
    const child = await launch({ folder, port, appendFsync });
    if (!child) throw new Error(`redis-server did not start again on port ${this.port}`);
    this.child = child;
  }

  /** Forgets everything: what a lost disk does. Only between `kill` and `restart`. */
  async loseData(): Promise<void> {
    await rm(join(this.folder, 'appendonlydir'), { recursive: true, force: true });
  }

  /** Bytes that Redis has handed to the system for its append-only file; what of them the disk has, is not known. */
  async appendedBytes(): Promise<number> {
    return (await stat(await this.appendedFile())).size;
  }

  /** Cuts the append-only file: what a power cut does. Only between `kill` and `restart`. */
  async cutAppended(bytes: number): Promise<void> {
    await truncate(await this.appendedFile(), bytes);
  }

  /** Redis appends to the newest incremental file only. */
  private async appendedFile(): Promise<string> {
    const folder = join(this.folder, 'appendonlydir');
    const parts = (await readdir(folder)).filter((name) => name.endsWith('.incr.aof'));
    const numberOf = (name: string): number => Number(/\.(\d+)\.incr\.aof$/.exec(name)?.[1]);
    return join(folder, parts.sort((left, right) => numberOf(right) - numberOf(left))[0]);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exit;
}

interface LaunchOptions {
  readonly folder: string;
  readonly port: number;
  readonly appendFsync: AppendFsync;
}

/** The running server, or null when it ended at once: its port was taken. */
async function launch(options: LaunchOptions): Promise<ChildProcess | null> {
  const { folder, port, appendFsync } = options;
  if (await answers(port)) return null;
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', appendFsync];
  const child = spawn('redis-server', [...where, ...durable], { stdio: 'ignore' });
  const lastAt = Date.now() + ANSWER_TIMEOUT_MS;
  while (!hasEnded(child) && Date.now() < lastAt) {
    if (await answers(port)) return child;
    await sleep(20);
  }
  await ended(child, 'SIGKILL');
  return null;
}

/** Whether whoever listens there replies to a PING; a Redis that still loads its file does not say PONG. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
    socket.once('error', () => finish(false));
    socket.setTimeout(500, () => finish(false));
  });
