import { readFileSync } from 'node:fs';

/** When the kernel started the process, in its own ticks; null where there is no /proc. Tells a pid from its reuse. */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}

/** Whether the process that had this pid and these ticks still runs. */
export function isAlive(pid: number, ticks: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return ticks === null || startTicks(pid) === ticks;
}
