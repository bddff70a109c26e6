import * as tf from '@tensorflow/tfjs-core';
import { reasonOf } from '@winnow/domain';
import { registerGradients } from './register-gradients';
import { replaceWasmKernels } from './wasm-kernels';

/** Every backend Winnow can run on, best first. */
export const BACKEND_NAMES = ['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'wasm'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** What was tried at start, for `winnow doctor` and the one log line. */
export interface BackendReport {
  readonly backend: BackendName;
  /** TF.js' version, and what the backend says of itself (SIMD, GPU adapter). */
  readonly details: string;
  /** Better backends that were passed over, and why. */
  readonly skipped: readonly { readonly backend: BackendName; readonly reason: string }[];
}

export interface BackendOptions {
  /** `WINNOW_BACKEND`: use this one or fail. Unset means the best that starts. */
  readonly forced?: string;
  /** Receives one line. */
  readonly log?: (line: string) => void;
}

interface GpuAdapter {
  readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly description?: string };
}

let started: Promise<BackendReport> | null = null;
let report: BackendReport | null = null;

/** Report of the backend that runs now; null before {@link startBackend} has resolved. */
export const backendReport = (): BackendReport | null => report;

/**
 * Chooses the backend, once per process; later calls get the first call's answer.
 * Order: tfjs-node-gpu → webgpu → tfjs-node → wasm. All but wasm are optional packages, skipped when absent.
 * Rejects when `forced` names no backend, or one that does not start.
 */
export function startBackend(options: BackendOptions = {}): Promise<BackendReport> {
  started ??= choose(options).then((chosen) => {
    report = chosen;
    options.log?.(
      `tensor backend: ${chosen.backend} (${chosen.details})` +
        chosen.skipped.map(({ backend, reason }) => `; ${backend}: ${reason}`).join(''),
    );
    return chosen;
  });
  return started;
}

async function choose({ forced }: BackendOptions): Promise<BackendReport> {
  if (forced) {
    const backend = BACKEND_NAMES.find((name) => name === forced);
    if (!backend)
      throw new Error(`WINNOW_BACKEND=${forced} is unknown; it must be one of ${BACKEND_NAMES.join(', ')}`);
    return { backend, details: await STARTERS[backend](true), skipped: [] };
  }
  const skipped: { backend: BackendName; reason: string }[] = [];
  for (const backend of BACKEND_NAMES) {
    try {
      return { backend, details: await STARTERS[backend](false), skipped };
    } catch (thrown) {
      skipped.push({ backend, reason: shortReason(thrown) });
    }
  }
  throw new Error(
    `no tensor backend starts: ${skipped.map(({ backend, reason }) => `${backend}: ${reason}`).join('; ')}`,
  );
}

const shortReason = (thrown: unknown): string =>
  (thrown as { code?: string }).code === 'ERR_MODULE_NOT_FOUND'
    ? 'not installed'
    : (reasonOf(thrown).split('\n')[0] ?? 'failed');

/** Loads a package that an install may lack. The name is a variable so that no compiler looks for it. */
const optionalPackage = (name: string): Promise<unknown> => import(name);

async function activate(name: string): Promise<string> {
  if (!(await tf.setBackend(name))) throw new Error(`TF.js refused backend ${name}`);
  await tf.ready();
  registerGradients();
  return `TF.js ${tf.version_core}`;
}

const startNative = (packageName: string) => async (): Promise<string> => {
  await optionalPackage(packageName);
  return activate('tensorflow');
};

async function startWebGpu(forced: boolean): Promise<string> {
  const dawn = (await optionalPackage('webgpu')) as {
    create(flags: string[]): { requestAdapter(): Promise<GpuAdapter | null> };
    globals: object;
  };
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  // Node 20 has no `navigator`; later versions have one without `gpu`.
  const holder = globalThis as { navigator?: object };
  if (holder.navigator) Object.defineProperty(holder.navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('no GPU adapter');
  const { vendor = '', architecture = '', description = '' } = adapter.info ?? {};
  const label = [vendor, architecture, description].filter(Boolean).join(' ') || 'unnamed GPU';
  // A GPU simulated on the CPU is slower than wasm: only who asks for it by name gets it.
  if (!forced && /swiftshader|llvmpipe|software/i.test(label))
    throw new Error(`only a software GPU (${label})`);
  await optionalPackage('@tensorflow/tfjs-backend-webgpu');
  return `${await activate('webgpu')}, ${label}`;
}

async function startWasm(): Promise<string> {
  await optionalPackage('@tensorflow/tfjs-backend-wasm');
  const version = await activate('wasm');
  replaceWasmKernels();
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return `${version}, ${simd ? 'SIMD' : 'no SIMD'}, one thread`;
}

const STARTERS: Record<BackendName, (forced: boolean) => Promise<string>> = {
  'tfjs-node-gpu': startNative('@tensorflow/tfjs-node-gpu'),
  webgpu: startWebGpu,
  'tfjs-node': startNative('@tensorflow/tfjs-node'),
  wasm: startWasm,
};
