/** What the shell learns. 0 is success. */
export const EXIT = {
  /** Something failed while running. */
  failure: 1,
  /** The command, an option or a configuration file is wrong; nothing was changed. */
  usage: 2,
  /** A service, Redis or a file that is needed does not answer. */
  unavailable: 3,
} as const;

/** A failure that the person at the terminal can act on: what is wrong, and the remedy. Printed without a stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly remedy: string,
    readonly exitCode: number = EXIT.failure,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A wrong argument or option: names it, and says what would be right. */
export const usageError = (message: string, remedy: string): CommandError =>
  new CommandError(message, remedy, EXIT.usage);
