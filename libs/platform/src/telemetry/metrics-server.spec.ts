import { Counter } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createRegistry, type MetricsServer, startMetricsServer } from './metrics-server';

const servers: MetricsServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(readiness: () => { ready: boolean; detail?: string }, address = '127.0.0.1:0') {
  const registry = createRegistry('spec');
  const server = await startMetricsServer({ address, registry, readiness });
  servers.push(server);
  const get = (path: string): Promise<Response> => fetch(`http://${server.address}${path}`);
  return { registry, server, get };
}

describe('the metrics server', () => {
  it('shows the process’s metrics and our own, labelled with the service', async () => {
    const { registry, get } = await start(() => ({ ready: true }));
    new Counter({ name: 'winnow_slates_total', help: 'Slates.', registers: [registry] }).inc(3);
    const response = await get('/metrics');
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(text).toContain('winnow_slates_total{service="spec"} 3');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('is healthy only while the process is ready', async () => {
    let ready = false;
    const { get } = await start(() => ({ ready, detail: 'no release loaded' }));
    const before = await get('/healthz');
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({ ready: false, detail: 'no release loaded' });
    expect((await get('/livez')).status).toBe(200);
    ready = true;
    expect((await get('/healthz')).status).toBe(200);
  });

  it('answers anything else with where to look', async () => {
    const { get } = await start(() => ({ ready: true }));
    const response = await get('/');
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('/metrics');
  });

  it('says which address it cannot have', async () => {
    const { server } = await start(() => ({ ready: true }));
    await expect(start(() => ({ ready: true }), server.address)).rejects.toThrow(
      `cannot listen on ${server.address}`,
    );
  });
});
