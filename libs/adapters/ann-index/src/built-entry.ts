import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Path of a bundled worker or child process: beside this code when it runs bundled, else in `dist/` of the workspace
 * that this source lies in. Throws when the bundle is missing.
 */
export function builtEntry(fileName: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const beside = join(here, fileName);
  if (existsSync(beside)) return beside;
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const built = join(folder, 'dist', fileName);
    if (existsSync(join(folder, 'nx.json')) && existsSync(built)) return built;
  }
  throw new Error(`${fileName} is not built; run \`npm run build\``);
}
