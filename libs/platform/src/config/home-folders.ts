import { join, resolve } from 'node:path';

/** Where each kind of state lives under WINNOW_HOME. Every process that touches one of them asks here. */
export interface HomeFolders {
  readonly root: string;
  /** Model registry. */
  readonly registry: string;
  /** Parquet event log. */
  readonly eventLog: string;
  /** Working folders of training runs. */
  readonly runs: string;
  /** Append-only file of a Redis that Winnow starts itself. */
  readonly redis: string;
  /** Logs of supervised services. */
  readonly logs: string;
  /** Rows that an import refused. */
  readonly quarantine: string;
  /** What imports found in their data, as HTML and JSON. */
  readonly reports: string;
  /** Studies of `winnow tune`. */
  readonly tuning: string;
}

/** Absolute paths; nothing is created. */
export function homeFolders(home: string): HomeFolders {
  const root = resolve(home);
  return {
    root,
    registry: join(root, 'registry'),
    eventLog: join(root, 'event-log'),
    runs: join(root, 'runs'),
    redis: join(root, 'redis'),
    logs: join(root, 'logs'),
    quarantine: join(root, 'quarantine'),
    reports: join(root, 'reports'),
    tuning: join(root, 'tuning'),
  };
}
