import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { identifyRedis } from './redis-probe';

const run = promisify(execFile);

/** A large append-only file takes a while to replay. */
const START_TIMEOUT_MS = 60_000;
/** The image may have to be pulled first. */
const CONTAINER_START_TIMEOUT_MS = 240_000;
const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 25;
const PORT_ATTEMPTS_MAX = 5;
const DOCKER_IMAGE = 'redis:7';

/**
 * Redis ends when our end of its standard input closes, so a process that is killed leaves no server behind,
 * and a Ctrl-C in the terminal, which goes to the whole process group, does not take Redis down before the services drain.
 */
const GUARD = [
  'exec 3<&0',
  'redis-server "$@" & server=$!',
  '{ read -r _ <&3; kill "$server"; } 2>/dev/null & reader=$!',
  'wait "$server"; status=$?',
  'kill "$reader" 2>/dev/null',
  'exit "$status"',
].join('\n');

export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  readonly persistent: boolean;
  /** Absolute folder of the append-only file. */
  readonly dataDir: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
}

/** A port of 127.0.0.1 that is free now; another process may still take it first. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const durabilityArguments = (persistent: boolean): string[] => [
  '--save',
  '',
  '--appendonly',
  persistent ? 'yes' : 'no',
  '--maxmemory-policy',
  'noeviction',
];

const isRefused = (thrown: unknown): boolean =>
  ['ECONNREFUSED', 'ECONNRESET'].includes((thrown as NodeJS.ErrnoException).code ?? '');

/** Throws at once when something answers that is not a Redis we may use. */
async function waitUntilAnswering(url: string, alive: () => boolean, timeoutMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + timeoutMs;
  while (alive() && performance.now() < giveUpAt) {
    try {
      await identifyRedis(url);
      return true;
    } catch (thrown) {
      const loading = /LOADING|closed the connection/.test((thrown as Error).message);
      if (!isRefused(thrown) && !loading) throw thrown;
      await sleep(POLL_MS);
    }
  }
  return false;
}

/** A child without a pid never began. */
const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function stopGuarded(child: ChildProcess): Promise<void> {
  child.ref();
  child.stdin?.end();
  const forced = setTimeout(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
  }, STOP_TIMEOUT_MS);
  if (!hasEnded(child)) await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(forced);
}

/** Lets this process end while Redis runs; the guard then ends Redis. */
function unrefAll(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket | null)?.unref();
}

type CommandLine = readonly [command: string, ...args: string[]];

async function launch(
  options: RedisServerOptions,
  commandLine: (port: number) => CommandLine,
  startTimeoutMs: number,
): Promise<RedisServer> {
  let lastWords = '';
  for (let attempt = 1; attempt <= PORT_ATTEMPTS_MAX; attempt += 1) {
    const port = options.port || (await freePort());
    const [command, ...args] = commandLine(port);
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    lastWords = '';
    const remember = (chunk: Buffer): void => {
      lastWords = (lastWords + chunk.toString()).slice(-2_000);
    };
    child.stdout.on('data', remember);
    child.stderr.on('data', remember);
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => remember(Buffer.from(error.message)));
    const url = `redis://127.0.0.1:${port}`;
    try {
      if (await waitUntilAnswering(url, () => !hasEnded(child), startTimeoutMs)) {
        unrefAll(child);
        return { url, stop: () => stopGuarded(child) };
      }
    } catch (thrown) {
      lastWords += (thrown as Error).message;
    }
    await stopGuarded(child);
    const portTaken = /address already in use|port is already allocated/i.test(lastWords);
    if (!portTaken || options.port) break;
  }
  throw new Error(`redis-server did not start: ${lastWords.trim() || 'it said nothing'}`);
}

/**
 * Starts the `redis-server` of PATH on 127.0.0.1 and resolves once it answers.
 *
 * @throws Error with the server's last words when it does not start.
 */
export const spawnRedis = (options: RedisServerOptions): Promise<RedisServer> =>
  launch(
    options,
    (port) => [
      'sh',
      '-c',
      GUARD,
      'redis-guard',
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      options.dataDir,
      ...durabilityArguments(options.persistent),
    ],
    START_TIMEOUT_MS,
  );

/** Starts Redis in a container whose port is published on 127.0.0.1 only; it ends with its standard input, too. */
export const runRedisContainer = (options: RedisServerOptions): Promise<RedisServer> =>
  launch(
    options,
    (port) => [
      'docker',
      'run',
      '--rm',
      '--interactive',
      ...ownUser(),
      '--publish',
      `127.0.0.1:${port}:6379`,
      '--volume',
      `${options.dataDir}:/data`,
      DOCKER_IMAGE,
      'sh',
      '-c',
      GUARD,
      'redis-guard',
      // Docker's bridge is not the loopback that protected mode would insist on; only 127.0.0.1 is published.
      '--protected-mode',
      'no',
      '--dir',
      '/data',
      ...durabilityArguments(options.persistent),
    ],
    CONTAINER_START_TIMEOUT_MS,
  );

/** So that the files in the data folder belong to whoever runs winnow. */
const ownUser = (): string[] =>
  process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : [];

const succeeds = async (command: string, args: readonly string[], timeoutMs: number): Promise<boolean> => {
  try {
    await run(command, [...args], { timeout: timeoutMs });
    return true;
  } catch {
    return false;
  }
};

export const hasRedisServer = (): Promise<boolean> => succeeds('redis-server', ['--version'], 5_000);

/** Whether a Docker daemon answers; the command alone is not enough. */
export const hasDocker = (): Promise<boolean> => succeeds('docker', ['info'], 10_000);

/** Whether this process may install Debian packages. */
export const canInstallPackages = async (): Promise<boolean> =>
  process.getuid?.() === 0 && (await succeeds('apt-get', ['--version'], 5_000));

/**
 * Installs Debian's redis-server package. Throws with apt's last words when it cannot.
 */
export async function installRedisPackage(): Promise<void> {
  // RUNLEVEL=1 keeps the package from starting a server of its own on port 6379.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = { env, timeout: 180_000, maxBuffer: 16 * 1024 * 1024 };
  const install = ['install', '--yes', '--no-install-recommends', 'redis-server'];
  try {
    await run('apt-get', install, options);
  } catch {
    await run('apt-get', ['update'], options);
    await run('apt-get', install, options);
  }
}
