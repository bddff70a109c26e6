import { Worker } from 'node:worker_threads';

const SAMPLE_MS = 20;

/** A thread of its own, because counting blocks the one it runs on. */
const SAMPLER = `
  const { parentPort, workerData } = require('node:worker_threads');
  let peak = process.memoryUsage.rss();
  const look = () => { peak = Math.max(peak, process.memoryUsage.rss()); };
  setInterval(look, workerData);
  parentPort.on('message', () => { look(); parentPort.postMessage(peak); });
`;

/** Watches the size of the process until the function it gives back is called: that resolves with the largest, in bytes. */
export function watchMemory(): () => Promise<number | null> {
  const sampler = new Worker(SAMPLER, { eval: true, workerData: SAMPLE_MS });
  sampler.unref();
  const failed = new Promise<null>((resolve) => sampler.once('error', () => resolve(null)));
  return async () => {
    const peak = new Promise<number>((resolve) => sampler.once('message', resolve));
    sampler.postMessage('stop');
    const bytes = await Promise.race([peak, failed]);
    await sampler.terminate();
    return bytes;
  };
}
