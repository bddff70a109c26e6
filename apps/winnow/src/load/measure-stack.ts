import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { readSettings } from '../config.schema';
import { clientsFor, type CommandContext, processContext, requireDescription } from '../context';
import { renderLoadReports } from './render-report';
import { type LoadReport, runLoad } from './run-load';
import { bytesText } from '../output/quantities';
import { ProgressBar } from '../output/progress';
import { renderTable } from '../output/table';
import type { ServiceClients } from '../services/clients';
import { startStack } from '../services/stack';
import { someUserIds } from '../services/user-sample';

export interface MeasureOptions {
  readonly home: string;
  readonly config?: string;
  readonly requestCount: number;
  readonly concurrency: readonly number[];
  readonly k: number;
  readonly portBase: number;
  readonly json: boolean;
}

export interface ProcessMemory {
  readonly name: string;
  /** Resident now, and the most it ever was. */
  readonly residentBytes: number;
  readonly peakBytes: number;
}

const READY_TIMEOUT_MS = 300_000;
const WARM_UP_COUNT = 200;

/** `VmRSS` and `VmHWM` of a process, from /proc; zeros where there is none. */
function memoryOf(pid: number): Pick<ProcessMemory, 'residentBytes' | 'peakBytes'> {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const bytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1_024;
    return { residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
  } catch {
    return { residentBytes: 0, peakBytes: 0 };
  }
}

/** Starts the stack of a home, loads it, prints what was measured, and stops it. */
export async function measureStack(options: MeasureOptions): Promise<void> {
  const context = processContext();
  const settings = readSettings(process.env, options, process.cwd());
  const { description } = await requireDescription(settings, context);
  const users = await someUserIds(settings, description);
  const stack = await startStack(settings, context, { portBase: options.portBase });
  try {
    const failed = stack.failed.then((error) => Promise.reject(error));
    const statuses = await Promise.race([stack.ready(READY_TIMEOUT_MS), failed]);
    const waiting = statuses.filter(({ phase }) => phase !== 'ready').map(({ name }) => name);
    if (waiting.length > 0) throw new Error(`not ready: ${waiting.join(', ')}`);
    const reports = await load(options, users, clientsFor(settings), context);
    const memory = statuses.map(({ name, pid }) => ({ name, ...memoryOf(pid ?? 0) }));
    print(options, reports, memory);
  } finally {
    await stack.stop();
  }
}

async function load(
  { requestCount, concurrency, k }: MeasureOptions,
  users: readonly string[],
  clients: ServiceClients,
  context: CommandContext,
): Promise<readonly LoadReport[]> {
  const bar = new ProgressBar(context.terminal, context.clock);
  const reports: LoadReport[] = [];
  try {
    for (const parallel of concurrency)
      reports.push(
        await runLoad({
          send: (index) => clients.recommend({ userId: users[index % users.length], k, dryRun: true }),
          requestCount,
          warmUpCount: WARM_UP_COUNT,
          concurrency: parallel,
          clock: context.clock,
          signal: context.signal,
          onProgress: (done) => bar.report({ label: `concurrency ${parallel}`, done, total: requestCount }),
        }),
      );
  } finally {
    bar.end();
    clients.close();
  }
  return reports;
}

function print(
  { json }: MeasureOptions,
  reports: readonly LoadReport[],
  memory: readonly ProcessMemory[],
): void {
  const [{ model }] = cpus();
  const machine = { cores: cpus().length, model, memory: bytesText(totalmem()), node: process.version };
  if (json) return console.log(JSON.stringify({ machine, reports, memory }, null, 2));
  console.log(`${machine.cores} × ${model}, ${machine.memory}, Node ${machine.node}\n`);
  console.log(`${renderLoadReports(reports)}\n`);
  console.log(
    renderTable(
      [
        { title: 'process', cell: ({ name }) => name },
        { title: 'resident', align: 'right', cell: ({ residentBytes }) => bytesText(residentBytes) },
        { title: 'peak', align: 'right', cell: ({ peakBytes }) => bytesText(peakBytes) },
      ],
      memory,
    ),
  );
}
