import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// Below the ports that the system hands out for port 0 (32,768 and up on Linux), so that no other test lands here.
const PORT_FIRST = 20_000;
const PORT_COUNT = 10_000;
const PORT_ATTEMPTS = 20;
const ANSWER_TIMEOUT_MS = 10_000;

/** A redis-server that a test may kill −9 and start again on the same port. It keeps an append-only file. */
export class DisposableRedis {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private child: ChildProcess,
  ) {}

  /** Starts one on a free port; resolves when it answers. */
  static async open(): Promise<DisposableRedis> {
    const folder = await mkdtemp(join(tmpdir(), 'winnow-disposable-redis-'));
    for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
      const port = PORT_FIRST + Math.floor(Math.random() * PORT_COUNT);
      const child = await launch(folder, port);
      if (child) return new DisposableRedis(folder, port, child);
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
    const child = await launch(this.folder, this.port);
    if (!child) throw new Error(`redis-server did not start again on port ${this.port}`);
    this.child = child;
  }

  /** Forgets everything: what a lost disk does. Only between `kill` and `restart`. */
  async loseData(): Promise<void> {
    await rm(join(this.folder, 'appendonlydir'), { recursive: true, force: true });
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

/** The running server, or null when it ended at once: its port was taken. */
async function launch(folder: string, port: number): Promise<ChildProcess | null> {
  if (await answers(port)) return null;
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  // With `everysec`, Redis puts off writing while the disk is busy: a kill may then lose what was acknowledged.
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
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
