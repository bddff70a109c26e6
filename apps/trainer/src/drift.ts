import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { renderDriftReport } from '@winnow/reporting';
import { askRelease, QuestionError, type Alarm, type Questioned } from './ask-release';
import { driftTable, driftedRows } from './drift-table';
import { homeDrift } from './home-drift';

interface DriftQuestion {
  readonly days: number;
  readonly json: boolean;
  readonly html?: string;
  readonly failAbove?: number;
}

/** `trainer drift [--release V] [--days N] [--html FILE] [--fail-above PSI] [--json]`: what has moved since training. */
export async function runDrift(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      release: { type: 'string' },
      days: { type: 'string', default: '7' },
      html: { type: 'string' },
      'fail-above': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { release, days, html, json, 'fail-above': failAbove } = values;
  await askRelease({
    ...{ title: 'drift', release, json },
    answer: (questioned) =>
      answer(questioned, {
        ...{ days: Number(days), html, json },
        failAbove: failAbove === undefined ? undefined : Number(failAbove),
      }),
  });
}

async function answer(
  { ports, release, onProgress }: Questioned,
  { days, html, json, failAbove }: DriftQuestion,
): Promise<string | Alarm> {
  const report = await homeDrift({ ports, release }, { days, onProgress });
  if (report === null)
    throw new QuestionError(
      `release ${release.manifest.version} kept nothing of its training data to compare with: train anew`,
    );
  if (html !== undefined) await writeFile(html, renderDriftReport(report));
  const text = json ? JSON.stringify(report) : driftTable(report);
  const beyond = failAbove === undefined ? [] : driftedRows(report.rows).filter(({ psi }) => psi > failAbove);
  return beyond.length === 0 ? text : { text };
}
