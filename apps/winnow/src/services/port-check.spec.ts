import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { planServices } from './service-plan';
import { portIsFree, requireFreePorts } from './port-check';

let server: Server | null = null;
afterEach(() => new Promise<void>((done) => (server ? server.close(() => done()) : done())));

const listen = (): Promise<number> =>
  new Promise((resolve) => {
    server = createServer().listen(0, '127.0.0.1', () => resolve((server!.address() as AddressInfo).port));
  });

describe('the port check', () => {
  it('names the port that is taken, who wants it, and the way out', async () => {
    const port = await listen();
    expect(await portIsFree(port)).toBe(false);
    const specs = [{ name: 'light-ranker', entry: '', grpcPort: port, metricsPort: port, environment: {} }];
    await expect(requireFreePorts(specs)).rejects.toMatchObject({
      message: expect.stringContaining(`port ${port} (light-ranker)`),
      remedy: expect.stringContaining('--port-base'),
      exitCode: 2,
    });
  });
});

describe('the service plan', () => {
  it('gives every service its own ports and the orchestrator the addresses of the others', () => {
    const specs = planServices({ portBase: 7700, distFolder: '/dist', environment: { REDIS_URL: 'r' } });
    const ports = specs.flatMap(({ grpcPort, metricsPort }) => [grpcPort ?? [], metricsPort].flat());
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports.sort()).toEqual([7700, 7701, 7710, 7711, 7720, 7721, 7730, 7731, 7740, 7741, 7751]);
    const orchestrator = specs.find(({ name }) => name === 'orchestrator')!;
    expect(orchestrator.environment).toMatchObject({
      REDIS_URL: 'r',
      WINNOW_LISTEN_ADDRESS: '127.0.0.1:7700',
      WINNOW_HEAVY_RANKER_ADDRESS: '127.0.0.1:7730',
    });
  });

  it('puts the replicas of the orchestrator on the ports between it and the next service', () => {
    const specs = planServices({
      portBase: 7700,
      distFolder: '/dist',
      environment: {},
      orchestratorCount: 3,
    });
    const replicas = specs.filter(({ entry }) => entry === '/dist/orchestrator.js');
    expect(replicas.map(({ name }) => name)).toEqual(['orchestrator', 'orchestrator-2', 'orchestrator-3']);
    expect(replicas.map(({ grpcPort }) => grpcPort)).toEqual([7700, 7702, 7704]);
    for (const { environment } of replicas)
      expect(environment['WINNOW_LIGHT_RANKER_ADDRESS']).toBe('127.0.0.1:7720');
  });
});
