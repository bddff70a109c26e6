import { performance } from 'node:perf_hooks';
import { backendReport } from '@winnow/tensor';

const GPU_BACKENDS: readonly string[] = ['webgpu', 'tfjs-node-gpu'];

export const isGpu = (backend: string): boolean => GPU_BACKENDS.includes(backend);

/** Milliseconds of processor time that this process has used. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Milliseconds of this process's processor time where the processor does the work, so that whatever else a machine is
 * busy with does not count; of the wall clock where a GPU does.
 */
export function workMs(): number {
  const report = backendReport();
  return report && isGpu(report.backend) ? performance.now() : cpuMs();
}
