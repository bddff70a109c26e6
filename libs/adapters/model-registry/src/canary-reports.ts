import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CanaryReport, ReleaseVersion } from '@winnow/domain';
import { writeFileDurably } from './durable-files';
import { versionSchema } from './manifest';

/** What every format of the report has, to tell one from another. */
const reportHead = z.looseObject({
  formatVersion: z.literal(1),
  version: versionSchema,
  sinceMs: z.number(),
});

/** One JSON file for each release that was a canary: the releases themselves never change, not even by a verdict. */
export class CanaryReports {
  constructor(private readonly folder: string) {}

  /** Newest first; what is damaged, or of another format, is not there. */
  async read(): Promise<readonly CanaryReport[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const reports: CanaryReport[] = [];
    for (const name of names.filter((one) => !one.startsWith('.') && one.endsWith('.json'))) {
      const report = await readReport(join(this.folder, name));
      if (report !== null) reports.push(report);
    }
    return reports.sort((a, b) => b.sinceMs - a.sinceMs);
  }

  async write(report: CanaryReport): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeFileDurably(this.#path(report.version), (handle) =>
      handle.writeFile(`${JSON.stringify(report, null, 2)}\n`),
    );
  }

  remove(version: ReleaseVersion): Promise<void> {
    return rm(this.#path(version), { force: true });
  }

  #path(version: ReleaseVersion): string {
    return join(this.folder, `${versionSchema.parse(version)}.json`);
  }
}

/** Null for what is no report that this code knows; one that was removed meanwhile is none either. */
async function readReport(path: string): Promise<CanaryReport | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return reportHead.safeParse(value).success ? (value as CanaryReport) : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
