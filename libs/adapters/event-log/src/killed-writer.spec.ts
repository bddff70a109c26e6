import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventLog } from './duckdb-event-log';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

/** Appends batches of 50 events over three days for ever, and prints how many batches were acknowledged. */
const WRITER = `
import { createEventLog } from ${JSON.stringify(join(REPOSITORY, 'libs/adapters/event-log/src/index.ts'))};
const log = createEventLog({ folder: process.argv[2] });
for (let batch = 0; ; batch += 1) {
  await log.appendEvents(Array.from({ length: 50 }, (_, row) => ({
    eventId: \`e\${batch}-\${row}\`, userId: 'u1', itemId: 'i1', ordinal: 1, eventType: 'click',
    timeMs: 1_767_225_600_000 + (row % 3) * 86_400_000 + batch, receivedAtMs: 1_767_225_600_000, value: 1,
  })));
  process.stdout.write(\`\${batch + 1}\\n\`);
}`;

let folder: string;
let bundle: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-killed-writer-'));
  // Inside the repository, so that the bundle finds its packages.
  await mkdir(join(REPOSITORY, 'dist'), { recursive: true });
  bundle = join(REPOSITORY, 'dist', `killed-writer-spec-${process.pid}.mjs`);
  const source = join(folder, 'writer.ts');
  await writeFile(source, WRITER);
  await build({
    absWorkingDir: REPOSITORY,
    entryPoints: [source],
    outfile: bundle,
    tsconfig: 'tsconfig.base.json',
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
});
afterEach(async () => {
  await rm(bundle, { force: true });
  await rm(folder, { recursive: true, force: true });
});

/** Lets a writer acknowledge some batches and kills it in the middle of the next. */
async function killAfter(batches: number, log: string): Promise<number> {
  const child = spawn(process.execPath, [bundle, log], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let acknowledged = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === batches) setTimeout(() => child.kill('SIGKILL'), 3 * batches);
  }
  await exited;
  return acknowledged;
}

describe('a writer that is killed', () => {
  it('loses nothing that it acknowledged, and leaves nothing that cannot be read', async () => {
    for (const batches of [1, 4, 9]) {
      const path = join(folder, `log-${batches}`);
      const acknowledged = await killAfter(batches, path);
      const log = createEventLog({ folder: path });
      const frame = await log.readEvents({ eventTypes: ['click'] });
      expect(frame.count).toBeGreaterThanOrEqual(acknowledged * 50);
      expect(frame.count).toBeLessThanOrEqual((acknowledged + 1) * 50);
      expect((await log.compact({ partCountMin: 2 })).droppedCount).toBe(0);
      expect((await log.readEvents({ eventTypes: ['click'] })).count).toBe(frame.count);
      await log.close();
    }
  });
});
