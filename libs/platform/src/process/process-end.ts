import type { Logger } from '../telemetry/logger';

/** Beyond the drain: something that closes hangs. */
const END_TIMEOUT_MS = 30_000;

export interface ProcessEndOptions {
  readonly logger: Logger;
  /** Ends the process's work; resolves to its exit code. */
  readonly end: (reason: string) => Promise<number>;
  readonly crashedCode: number;
}

/** Connects everything that can end a process to `end`, once; a second signal does not wait for it. */
export function watchForEnd({ logger, end, crashedCode }: ProcessEndOptions): void {
  let ending = false;
  const finish = (reason: string): void => {
    ending = true;
    setTimeout(() => {
      logger.fatal({ reason }, `still not stopped after ${END_TIMEOUT_MS} ms, exiting`);
      process.exit(crashedCode);
    }, END_TIMEOUT_MS).unref();
    // Some native backends keep the event loop alive for ever, so the exit is explicit.
    void end(reason).then((code) => process.exit(code));
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!ending) return finish(signal);
    logger.warn({ signal }, 'second signal, exiting at once');
    process.exit(crashedCode);
  };
  const onCrash = (kind: string) => (thrown: unknown) => {
    logger.fatal({ err: thrown }, kind);
    process.exit(crashedCode);
  };
  process.on('SIGTERM', onSignal);
  process.on('uncaughtException', onCrash('uncaught exception'));
  process.on('unhandledRejection', onCrash('unhandled rejection'));
  if (process.env['WINNOW_SUPERVISED'] !== '1') {
    process.on('SIGINT', onSignal);
    return;
  }
  // A terminal sends Ctrl-C to the supervisor and to its children alike; the supervisor decides who ends when.
  process.on('SIGINT', () => undefined);
  const onOrphaned = (): void => {
    if (!ending) finish('the supervisor is gone');
  };
  if (process.connected) process.on('disconnect', onOrphaned);
  else if (process.send) onOrphaned();
}
