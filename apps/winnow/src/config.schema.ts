import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { addressSchema, readEnvironment } from '@winnow/platform';

const path = z.string().min(1);

/** What the command line reads from the environment. */
export const environmentSettings = {
  home: { variable: 'WINNOW_HOME', schema: path.default('.winnow') },
  configPath: { variable: 'WINNOW_CONFIG', schema: path.optional() },
  dataFolder: { variable: 'WINNOW_DATA_DIR', schema: path.optional() },
  address: { variable: 'WINNOW_ADDRESS', schema: addressSchema.optional() },
  eventCollectorAddress: { variable: 'WINNOW_EVENT_COLLECTOR_ADDRESS', schema: addressSchema.optional() },
  redisUrl: {
    variable: 'REDIS_URL',
    schema: z
      .string()
      .regex(/^rediss?:\/\/.+/, 'must be a URL like redis://127.0.0.1:6379')
      .optional(),
  },
} as const;

/** Options of the program itself; every command has them. */
export interface GlobalOptions {
  readonly home?: string;
  readonly config?: string;
}

/** Where everything is, decided once per command. Paths are absolute. */
export interface Settings {
  readonly home: string;
  /** The description that was asked for; null when nobody named one. */
  readonly configPath: string | null;
  /** Folders in which data sets are looked for, in order. */
  readonly dataFolders: readonly string[];
  readonly redisUrl: string | null;
  /** Of the orchestrator, when somebody named one. */
  readonly address: string | null;
  readonly eventCollectorAddress: string | null;
}

/** Reads environment and options; an option wins. Throws a ConfigError that lists every violation. */
export function readSettings(
  environment: NodeJS.ProcessEnv,
  options: GlobalOptions,
  workingFolder: string,
): Settings {
  const values = readEnvironment(environmentSettings, environment);
  const at = (relative: string): string => resolve(workingFolder, relative);
  const configPath = options.config ?? values.configPath;
  const dataFolders = [values.dataFolder, 'data', '../shared/data'];
  return {
    home: at(options.home ?? values.home),
    configPath: configPath ? at(configPath) : null,
    dataFolders: dataFolders.flatMap((folder) => (folder ? [at(folder)] : [])),
    redisUrl: values.redisUrl ?? null,
    address: values.address ?? null,
    eventCollectorAddress: values.eventCollectorAddress ?? null,
  };
}

/** The folder that holds dist/ and examples/: the checkout, or the image's /app. */
export function installationFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** Of the package that this is installed from. */
export function installedVersion(): string {
  const text = readFileSync(join(installationFolder(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

export const examplePath = (name: string): string => join(installationFolder(), 'examples', `${name}.yaml`);

/**
 * The description to use: the one asked for, else ./winnow.yaml, else the copy that an import left in the home.
 * Null when there is none.
 */
export function findDescriptionPath(settings: Settings, workingFolder: string): string | null {
  if (settings.configPath) return settings.configPath;
  const candidates = [join(workingFolder, 'winnow.yaml'), join(settings.home, 'winnow.yaml')];
  return candidates.find((path) => existsSync(path)) ?? null;
}
