import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startRedis } from '../composition-root';
import { installationFolder, type Settings } from '../config.schema';
import { type CommandContext, requireDescription } from '../context';

/**
 * Runs the trainer's bundle for one job in a process of its own, whose memory ends with it. Its output goes to this
 * terminal; Ctrl-C is passed on. Resolves with its exit code.
 */
export async function spawnTrainer(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  { signal }: CommandContext,
): Promise<number> {
  const child = spawn(process.execPath, [join(installationFolder(), 'dist', 'trainer.js'), ...args], {
    stdio: 'inherit',
    // Out of the terminal's process group: Ctrl-C comes from here, once.
    detached: true,
    env: environment,
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode));
  });
  signal.removeEventListener('abort', stop);
  return code ?? 1;
}

/** `train` on a home: with its description, and with Redis for the positions that a release goes on from. */
export async function runTrainer(
  args: readonly string[],
  settings: Settings,
  context: CommandContext,
): Promise<number> {
  const { path } = await requireDescription(settings, context);
  const redis = await startRedis(settings, context, 'the positions that a release goes on from');
  try {
    return await spawnTrainer(
      args,
      { ...context.environment, WINNOW_HOME: settings.home, WINNOW_CONFIG: path, REDIS_URL: redis.url },
      context,
    );
  } finally {
    await redis.stop();
  }
}
