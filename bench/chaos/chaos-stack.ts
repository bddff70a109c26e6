import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Description } from '@winnow/domain';
import { createEventLog, type EventLog } from '@winnow/event-log';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import { homeFolders, loadDescription } from '@winnow/platform';
import { installationFolder } from '../../apps/winnow/src/config.schema';
import { ChaosRedis, type ChaosRedisOptions } from './chaos-redis';
import { freePort } from './free-ports';
import { KillableProcess } from './killable-process';
import type { Victim } from './kill-plan';

/** Short, so that many batches are under way when a process dies, and what it held is taken over soon. */
const ARCHIVE_LINGER_MS = 300;
const CLAIM_IDLE_MS = 1_000;
const TRAINER_LOCK_MS = 2_000;
/** Every release is kept, to be counted. */
const RELEASE_KEEP_COUNT = 1_000;
const LAST_LINES = 12;
const STORE_TIMEOUT_MS = 30_000;

export interface ChaosStackOptions extends ChaosRedisOptions {
  readonly victims: readonly Victim[];
}

/** The processes that take, keep and learn from events, each on its own, over a home and a Redis that go afterwards. */
export class ChaosStack {
  private constructor(
    readonly home: string,
    readonly description: Description,
    readonly redis: ChaosRedis,
    /** Of the event collector's gRPC. */
    readonly address: string,
    readonly store: OnlineStore,
    readonly eventLog: EventLog,
    private readonly processes: ReadonlyMap<Victim, KillableProcess>,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(options: ChaosStackOptions): Promise<ChaosStack> {
    const home = await mkdtemp(join(tmpdir(), 'winnow-chaos-'));
    const configPath = join(installationFolder(), 'bench', 'chaos', 'world.yaml');
    const description = await loadDescription(configPath);
    const redis = await ChaosRedis.open(options);
    const address = `127.0.0.1:${await freePort()}`;
    const environment = {
      ...{ WINNOW_HOME: home, WINNOW_CONFIG: configPath, REDIS_URL: redis.url },
      ...{ WINNOW_METRICS_ADDRESS: '127.0.0.1:0', WINNOW_LOG_LEVEL: 'warn' },
    };
    const processes = await startProcesses({ ...options, home, environment, address });
    const store = createOnlineStore({
      url: redis.url,
      description,
      readTimeoutMs: STORE_TIMEOUT_MS,
      writeTimeoutMs: STORE_TIMEOUT_MS,
    });
    const eventLog = createEventLog({ folder: homeFolders(home).eventLog });
    return new ChaosStack(home, description, redis, address, store, eventLog, processes, environment);
  }

  get eventLogFolder(): string {
    return homeFolders(this.home).eventLog;
  }

  /** A trainer of its own, which its caller starts and kills; each line of its log is passed on. */
  trainer(onLine: (line: string) => void): KillableProcess {
    const environment = { ...this.environment, WINNOW_LOG_LEVEL: 'info' };
    return trainerProcess({ home: this.home, environment, onLine });
  }

  /** SIGKILL, and a new start at once. */
  async killAndRestart(victim: Victim): Promise<void> {
    if (victim === 'redis') return this.redis.killAndRestart();
    const process = this.processes.get(victim);
    if (!process) throw new RangeError(`${victim} does not run`);
    await process.kill();
    process.start();
  }

  /** What the processes that handle events said last, for whoever has to find out why they are not done. */
  async lastWords(): Promise<readonly string[]> {
    const of = (['archive', 'online-state'] as const).map(async (victim) =>
      ((await this.processes.get(victim)?.lastWords(LAST_LINES)) ?? []).map((line) => `${victim}: ${line}`),
    );
    return (await Promise.all(of)).flat();
  }

  /** Processes that ended although nobody killed them, and how. */
  ownEnds(): readonly string[] {
    return [...this.processes].flatMap(([name, { ownEnds }]) => ownEnds.map((end) => `${name}: ${end}`));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.processes.values()].map((process) => process.kill()));
    await this.store.close();
    await this.eventLog.close();
    await this.redis.stop();
    await rm(this.home, { recursive: true, force: true });
  }
}

async function startProcesses(options: {
  readonly victims: readonly Victim[];
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly address: string;
}): Promise<ReadonlyMap<Victim, KillableProcess>> {
  const { home, address, victims } = options;
  const logs = join(home, 'logs');
  await mkdir(logs, { recursive: true });
  const dist = join(installationFolder(), 'dist');
  const shared = { ...options.environment, WINNOW_CLAIM_IDLE_MS: String(CLAIM_IDLE_MS) };
  const collector = (name: Victim, role: string, listenAddress: string): [Victim, KillableProcess] => [
    name,
    new KillableProcess({
      entry: join(dist, 'event-collector.js'),
      logPath: join(logs, `${name}.log`),
      environment: {
        ...shared,
        WINNOW_ROLES: role,
        WINNOW_LISTEN_ADDRESS: listenAddress,
        WINNOW_ARCHIVE_LINGER_MS: String(ARCHIVE_LINGER_MS),
      },
    }),
  ];
  const processes = new Map([
    collector('collector', 'api', address),
    collector('archive', 'archive', '127.0.0.1:0'),
    collector('online-state', 'online-state', '127.0.0.1:0'),
  ]);
  if (victims.includes('trainer')) processes.set('trainer', trainerProcess({ home, environment: shared }));
  for (const process of processes.values()) process.start();
  return processes;
}

const trainerProcess = (options: {
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
}): KillableProcess =>
  new KillableProcess({
    entry: join(installationFolder(), 'dist', 'trainer.js'),
    args: ['work'],
    logPath: join(options.home, 'logs', 'trainer.log'),
    onLine: options.onLine,
    environment: {
      ...options.environment,
      WINNOW_TRAINER_LOCK_MS: String(TRAINER_LOCK_MS),
      WINNOW_RELEASE_KEEP_COUNT: String(RELEASE_KEEP_COUNT),
    },
  });
