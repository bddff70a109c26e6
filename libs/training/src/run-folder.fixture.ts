import type { TensorFile } from '@winnow/domain';
import type { RunFolder } from './ports';

/** Tensor files in memory; what is written is noted. */
export function folderInMemory(): RunFolder & { readonly written: string[] } {
  const files = new Map<string, TensorFile>();
  const written: string[] = [];
  const refuse = () => Promise.reject(new Error('only tensors are kept'));
  return {
    written,
    path: (name) => name,
    has: async (name) => files.has(name),
    readTensors: async (name) => structuredClone(files.get(name)!),
    async writeTensors(name, file) {
      written.push(name);
      files.set(name, structuredClone(file));
    },
    ...{ readJson: refuse, writeJson: refuse, writeText: refuse, copyFrom: refuse, clear: refuse },
  };
}
