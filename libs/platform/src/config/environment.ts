import { z } from 'zod';
import { ConfigError, type Violation } from './config-error';
import { nearestName } from './nearest-name';

/** One environment variable: its name and what it may hold. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  readonly variable: string;
  readonly schema: Schema;
}

export type Settings = Readonly<Record<string, Setting>>;
export type SettingValues<S extends Settings> = { readonly [Key in keyof S]: z.output<S[Key]['schema']> };

/** A misspelled variable would be ignored in silence; one letter or two off is taken for a slip. */
const SLIP_LETTERS_MAX = 2;

const setting = <Schema extends z.ZodType>(variable: string, schema: Schema): Setting<Schema> => ({
  variable,
  schema,
});

/** `host:port`; an IPv6 host in brackets; port 0 where any free one will do. */
export const addressSchema = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, 'must be host:port, for example 127.0.0.1:7700')
  .refine((address) => Number(address.slice(address.lastIndexOf(':') + 1)) <= 65_535, {
    error: 'must have a port of at most 65535',
  });

const redisUrlSchema = z.string().regex(/^rediss?:\/\/.+/, 'must be a URL like redis://127.0.0.1:6379');

/** Where each process listens unless told otherwise; metrics are one port above. */
export const DEFAULT_PORTS = {
  orchestrator: 7700,
  'candidate-generation': 7710,
  'light-ranker': 7720,
  'heavy-ranker': 7730,
  'event-collector': 7740,
  trainer: 7750,
} as const;

export type ServiceName = keyof typeof DEFAULT_PORTS;

/** What every process reads from its environment. */
export const commonSettings = (service: ServiceName) => ({
  home: setting('WINNOW_HOME', z.string().min(1).default('.winnow')),
  configPath: setting('WINNOW_CONFIG', z.string().min(1).default('winnow.yaml')),
  redisUrl: setting('REDIS_URL', redisUrlSchema.default('redis://127.0.0.1:6379')),
  listenAddress: setting(
    'WINNOW_LISTEN_ADDRESS',
    addressSchema.default(`127.0.0.1:${DEFAULT_PORTS[service]}`),
  ),
  metricsAddress: setting(
    'WINNOW_METRICS_ADDRESS',
    addressSchema.default(`127.0.0.1:${DEFAULT_PORTS[service] + 1}`),
  ),
  logLevel: setting(
    'WINNOW_LOG_LEVEL',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  ),
  otlpEndpoint: setting('OTEL_EXPORTER_OTLP_ENDPOINT', z.url({ protocol: /^https?$/ }).optional()),
  reflection: setting('WINNOW_REFLECTION', z.enum(['on', 'off']).optional()),
  nodeEnv: setting('NODE_ENV', z.string().default('development')),
});

/** What processes that run models read besides. */
export const backendSettings = {
  /** TF.js backend to use, or fail; unset means the best that starts. */
  backend: setting('WINNOW_BACKEND', z.string().min(1).optional()),
} as const;

/** Where the orchestrator finds the other services. */
export const stageAddressSettings = {
  candidateGenerationAddress: setting(
    'WINNOW_CANDIDATE_GENERATION_ADDRESS',
    addressSchema.default(`127.0.0.1:${DEFAULT_PORTS['candidate-generation']}`),
  ),
  lightRankerAddress: setting(
    'WINNOW_LIGHT_RANKER_ADDRESS',
    addressSchema.default(`127.0.0.1:${DEFAULT_PORTS['light-ranker']}`),
  ),
  heavyRankerAddress: setting(
    'WINNOW_HEAVY_RANKER_ADDRESS',
    addressSchema.default(`127.0.0.1:${DEFAULT_PORTS['heavy-ranker']}`),
  ),
} as const;

/**
 * Reads a process's settings; an empty variable counts as unset.
 *
 * @throws ConfigError with every violation. `runProcess` prints it and exits with 2.
 */
export function readEnvironment<S extends Settings>(
  settings: S,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): SettingValues<S> {
  const violations: Violation[] = slips(settings, environment);
  const values: Record<string, unknown> = {};
  for (const [key, { variable, schema }] of Object.entries(settings)) {
    const parsed = schema.safeParse(environment[variable] || undefined);
    if (parsed.success) values[key] = parsed.data;
    else
      for (const issue of parsed.error.issues) {
        const message = environment[variable]
          ? `${issue.message}; is ${JSON.stringify(environment[variable])}`
          : 'is required: set it';
        violations.push({ path: variable, message });
      }
  }
  if (violations.length > 0) throw new ConfigError('environment', violations);
  return values as SettingValues<S>;
}

function slips(settings: Settings, environment: Readonly<Record<string, string | undefined>>): Violation[] {
  const known = Object.values(settings).map(({ variable }) => variable);
  return Object.keys(environment)
    .filter((variable) => variable.startsWith('WINNOW_') && !known.includes(variable))
    .flatMap((variable) => {
      const meant = nearestName(variable, known, SLIP_LETTERS_MAX);
      return meant ? [{ path: variable, message: `is not a setting: did you mean ${meant}?` }] : [];
    });
}
