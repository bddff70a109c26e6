import type { CanaryReport } from '../canary-report';
import type { ReleaseVersion } from '../ids';
import type { Result, StageError } from '../result';

/** One file of a release, with what tells a damaged one. */
export interface ManifestFile {
  /** Path inside the release's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Which files a release holds and what they mean. One more whenever a release of the version before could not be
 * served: 2 since rankers read `linear-weights.safetensors`.
 */
export const RELEASE_FORMAT_VERSION = 2;

/** Describes one immutable release; written last, checked first. */
export interface ReleaseManifest {
  readonly formatVersion: typeof RELEASE_FORMAT_VERSION;
  readonly version: ReleaseVersion;
  readonly createdAtMs: number;
  readonly parent: ReleaseVersion | null;
  readonly codeVersion: string;
  readonly namespace: string;
  /** Hash of the feature set; a service whose code defines another one refuses the release. */
  readonly featureSetHash: string;
  readonly dimension: number;
  readonly itemCount: number;
  /** Every ordinal in the release is below this. */
  readonly ordinalLimit: number;
  readonly heads: readonly string[];
  readonly eventTypes: readonly string[];
  readonly seeds: Readonly<Record<string, number>>;
  readonly dataWindow: { readonly fromMs: number; readonly toMs: number; readonly eventCount: number };
  /** Where live state goes on from: events and catalogue changes after these are not in the release. */
  readonly cursors: { readonly events: string; readonly catalog: string };
  readonly index: {
    readonly kind: 'hnsw' | 'exact';
    readonly shards: number;
    readonly m: number;
    readonly efConstruction: number;
    /** Chosen at build time to reach the wanted recall against the exact index. */
    readonly efSearch: number;
    readonly recallAt500: number;
  };
  readonly metrics: Readonly<Record<string, number>>;
  /** Loss curves, by name. */
  readonly curves: Readonly<Record<string, readonly number[]>>;
  /** The gate's verdict. */
  readonly verdict: { readonly promoted: boolean; readonly reason: string };
  /** The golden query, asked before the release serves: scores must be finite, and these items found. */
  readonly golden: {
    readonly historyOrdinals: readonly number[];
    readonly expectedOrdinals: readonly number[];
  };
  readonly files: readonly ManifestFile[];
}

/** A release on trial: a share of the users is served it, everybody else the current one. */
export interface ReleaseCanary {
  readonly version: ReleaseVersion;
  /** Share of the users, in (0, 1). */
  readonly share: number;
  readonly sinceMs: number;
}

/** Which release serves, and which one a rollback goes back to. */
export interface ReleasePointer {
  readonly current: ReleaseVersion | null;
  readonly previous: ReleaseVersion | null;
  /** Absent: everybody is served the current release. */
  readonly canary?: ReleaseCanary;
}

/** What becomes of a canary. */
export type CanaryEnd = 'promote' | 'drop';

/** A release whose files have been checked against the manifest. */
export interface VerifiedRelease {
  readonly manifest: ReleaseManifest;
  /** Absolute path of a file of the release. */
  filePath(path: string): string;
}

/** What services need of the registry. */
export interface ModelRegistryReader {
  pointer(): Promise<ReleasePointer>;
  list(): Promise<readonly ReleaseManifest[]>;
  /** What is known of the canaries among them, the newest first. */
  canaryReports(): Promise<readonly CanaryReport[]>;
  /** Checks manifest, sizes and checksums before anything else opens a file. `model` errors name what is damaged. */
  open(version: ReleaseVersion): Promise<Result<VerifiedRelease, StageError>>;
  /** Calls back at once and after every change. */
  watch(onPointer: (pointer: ReleasePointer) => void): { stop(): Promise<void> };
}

/** What training and the command line need of it besides. */
export interface ModelRegistryWriter {
  /** Moves a finished folder in: temporary folder, fsync, re-read and verify, rename. The pointer stays. */
  publish(folder: string, manifest: Omit<ReleaseManifest, 'files'>): Promise<ReleaseManifest>;
  /** Moves the pointer, atomically. A canary ends with the current release that it is compared with. */
  promote(version: ReleaseVersion): Promise<Result<ReleasePointer, StageError>>;
  /** Back to the predecessor, without any canary; with a canary and no predecessor, just without the canary. */
  rollBack(): Promise<Result<ReleasePointer, StageError>>;
  /** Puts a release on trial beside the current one, in place of any other; nothing moves when it is the canary already. */
  beginCanary(canary: ReleaseCanary): Promise<Result<ReleasePointer, StageError>>;
  /**
   * Promotes the canary or drops it. Nothing moves when the canary is no longer this release: whoever moved the pointer
   * since has decided.
   */
  endCanary(version: ReleaseVersion, end: CanaryEnd): Promise<Result<ReleasePointer, StageError>>;
  /** Keeps a canary's report beside the releases, in place of an earlier one; it goes when its release does. */
  keepCanaryReport(report: CanaryReport): Promise<void>;
  /** Deletes all but the newest `keepCount` releases and whatever the pointer names. */
  prune(keepCount: number): Promise<readonly ReleaseVersion[]>;
}
