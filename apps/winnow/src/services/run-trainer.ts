import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startRedis } from '../composition-root';
import { installationFolder, type Settings } from '../config.schema';
import { type CommandContext, requireDescription } from '../context';

/**
 * Runs the trainer's bundle for one job (`train`, `evaluate` …) in a process of its own, whose memory ends with it.
 * Its output goes to this terminal; Ctrl-C is passed on. Resolves with its exit code.
 */
export async function runTrainer(
  args: readonly string[],
  settings: Settings,
  context: CommandContext,
): Promise<number> {
  const { path } = await requireDescription(settings, context);
  const redis = await startRedis(settings, context, 'the positions that a release goes on from');
  try {
    const child = spawn(process.execPath, [join(installationFolder(), 'dist', 'trainer.js'), ...args], {
      stdio: 'inherit',
      // Out of the terminal's process group: Ctrl-C comes from here, once.
      detached: true,
      env: {
        ...context.environment,
        WINNOW_HOME: settings.home,
        WINNOW_CONFIG: path,
        REDIS_URL: redis.url,
      },
    });
    const stop = (): void => void child.kill('SIGTERM');
    context.signal.addEventListener('abort', stop, { once: true });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode) => resolve(exitCode));
    });
    context.signal.removeEventListener('abort', stop);
    return code ?? 1;
  } finally {
    await redis.stop();
  }
}
