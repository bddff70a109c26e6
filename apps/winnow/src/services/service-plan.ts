import { join } from 'node:path';

/** One process of the stack: where it listens and what it is told. */
export interface ServiceSpec {
  readonly name: string;
  /** Absolute path of its bundle. */
  readonly entry: string;
  /** Null for a process that serves nothing but its metrics. */
  readonly grpcPort: number | null;
  readonly metricsPort: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface ServicePlanOptions {
  readonly portBase: number;
  /** Folder of the bundles. */
  readonly distFolder: string;
  /** What every service is told: home, configuration, Redis. */
  readonly environment: Readonly<Record<string, string>>;
  /** Replicas of the orchestrator, 1 to {@link ORCHESTRATOR_COUNT_MAX}; 1 when left out. */
  readonly orchestratorCount?: number;
}

/** Their ports lie between the orchestrator's and the next service's. */
export const ORCHESTRATOR_COUNT_MAX = 5;
const PORTS_PER_SERVICE = 2;

export const PORT_BASE_DEFAULT = 7700;
/** Address on which everything started here listens: this machine only. */
export const LOCAL_HOST = '127.0.0.1';

/** In the order in which they start; they stop in the reverse one. Offsets are from the port base. */
const SERVICES = [
  { name: 'candidate-generation', grpcOffset: 10, metricsOffset: 11 },
  { name: 'light-ranker', grpcOffset: 20, metricsOffset: 21 },
  { name: 'heavy-ranker', grpcOffset: 30, metricsOffset: 31 },
  { name: 'orchestrator', grpcOffset: 0, metricsOffset: 1 },
  { name: 'event-collector', grpcOffset: 40, metricsOffset: 41 },
  { name: 'trainer', grpcOffset: null, metricsOffset: 51 },
] as const;

export type ServiceName = (typeof SERVICES)[number]['name'];

interface PlannedService {
  readonly name: string;
  /** Its file in the folder of the bundles, without `.js`. */
  readonly bundle: ServiceName;
  readonly grpcOffset: number | null;
  readonly metricsOffset: number;
}

/** Highest offset that a service takes from the base. */
export const PORT_OFFSET_MAX = 51;

/** `127.0.0.1:7700` of a service; throws for one that serves no gRPC. */
export function grpcAddress(name: ServiceName, portBase: number): string {
  const service = SERVICES.find((candidate) => candidate.name === name);
  if (!service || service.grpcOffset === null) throw new Error(`${name} serves no gRPC`);
  return `${LOCAL_HOST}:${portBase + service.grpcOffset}`;
}

/** The orchestrator's replicas follow it at +2, +4, …; clients use them in turn. */
const replicated = (orchestratorCount: number): readonly PlannedService[] =>
  SERVICES.flatMap<PlannedService>((service) =>
    service.name === 'orchestrator'
      ? Array.from({ length: orchestratorCount }, (_, replica) => ({
          name: replica === 0 ? service.name : `${service.name}-${replica + 1}`,
          bundle: service.name,
          grpcOffset: service.grpcOffset + replica * PORTS_PER_SERVICE,
          metricsOffset: service.metricsOffset + replica * PORTS_PER_SERVICE,
        }))
      : [{ ...service, bundle: service.name }],
  );

export function planServices({
  portBase,
  distFolder,
  environment,
  orchestratorCount = 1,
}: ServicePlanOptions): readonly ServiceSpec[] {
  const downstream = {
    WINNOW_CANDIDATE_GENERATION_ADDRESS: grpcAddress('candidate-generation', portBase),
    WINNOW_LIGHT_RANKER_ADDRESS: grpcAddress('light-ranker', portBase),
    WINNOW_HEAVY_RANKER_ADDRESS: grpcAddress('heavy-ranker', portBase),
  };
  return replicated(orchestratorCount).map(({ name, bundle, grpcOffset, metricsOffset }) => {
    const metricsPort = portBase + metricsOffset;
    return {
      name,
      entry: join(distFolder, `${bundle}.js`),
      grpcPort: grpcOffset === null ? null : portBase + grpcOffset,
      metricsPort,
      environment: {
        ...environment,
        ...(grpcOffset === null ? {} : { WINNOW_LISTEN_ADDRESS: `${LOCAL_HOST}:${portBase + grpcOffset}` }),
        WINNOW_METRICS_ADDRESS: `${LOCAL_HOST}:${metricsPort}`,
        ...(bundle === 'orchestrator' ? downstream : {}),
      },
    };
  });
}
