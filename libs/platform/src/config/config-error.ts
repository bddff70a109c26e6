/** One thing that is wrong with a configuration, and what to do about it. */
export interface Violation {
  /** `surfaces.home.deadlineMs`, or the name of an environment variable; empty for the whole file. */
  readonly path: string;
  /** 1-based; absent when there is no file or the position is unknown. */
  readonly line?: number;
  /** What is wrong and the remedy, without the path. */
  readonly message: string;
}

const formatViolation = ({ path, line, message }: Violation): string =>
  `  ${path || '(whole file)'}${line === undefined ? '' : ` (line ${line})`}: ${message}`;

/** A configuration that must not be run with. Its message lists every violation, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    /** What is misconfigured: a file's path, or `environment`. */
    readonly source: string,
    readonly violations: readonly Violation[],
  ) {
    const count = violations.length === 1 ? '1 violation' : `${violations.length} violations`;
    super(`${source} has ${count}:\n${violations.map(formatViolation).join('\n')}`);
  }
}
