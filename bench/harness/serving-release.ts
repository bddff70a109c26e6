import { createFileModelRegistry } from '@winnow/model-registry';
import { homeFolders } from '@winnow/platform';

/** Trains where no release serves yet, and lets the newest one serve even if the gate refuses it: serving is measured here. */
export async function ensureServingRelease(home: string, train: () => void): Promise<void> {
  const registry = createFileModelRegistry({ folder: homeFolders(home).registry });
  if ((await registry.pointer()).current) return;
  try {
    train();
  } catch {
    const [newest] = [...(await registry.list())].sort((left, right) => right.createdAtMs - left.createdAtMs);
    const promoted = await registry.promote(newest.version);
    if (!promoted.ok) throw new Error(promoted.error.reason);
  }
}
