import type { Clock } from '@winnow/domain';
import { countText, durationText } from './quantities';
import type { Terminal } from './terminal';

/** Where a piece of work has got to. `total` is absent when nobody knows. */
export interface ProgressReport {
  readonly label: string;
  readonly done: number;
  readonly total?: number;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 80;
/** Without a terminal to redraw on: one line every so often. */
const LINE_MS = 3_000;

/** A progress bar on a terminal, a line every few seconds elsewhere; always on stderr, so that stdout stays data. */
export class ProgressBar {
  private startedAtMs: number;
  private label = '';
  private shownAtMs: number;
  private drawn = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly clock: Clock,
  ) {
    this.startedAtMs = clock.monotonicMs();
    this.shownAtMs = this.startedAtMs;
  }

  report(progress: ProgressReport): void {
    const now = this.clock.monotonicMs();
    if (progress.label !== this.label) {
      this.end();
      this.label = progress.label;
      this.startedAtMs = now;
      this.shownAtMs = this.terminal.interactive ? -Infinity : now;
    }
    if (now - this.shownAtMs < (this.terminal.interactive ? REDRAW_MS : LINE_MS)) return;
    this.shownAtMs = now;
    const text = progressText(progress, now - this.startedAtMs, this.terminal.interactive);
    if (this.terminal.interactive) {
      this.terminal.redraw(text);
      this.drawn = true;
    } else {
      this.terminal.note(text);
    }
  }

  /** Takes the bar off the screen. */
  end(): void {
    if (this.drawn) this.terminal.redraw('');
    this.drawn = false;
  }
}

/** `items ━━━━━───── 45 %  4,500 / 10,000  eta 3.0 s`. */
export function progressText(progress: ProgressReport, elapsedMs: number, withBar: boolean): string {
  const { label, done, total } = progress;
  if (!total) return `${label}  ${countText(done)}  ${durationText(elapsedMs)}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = withBar ? `${'━'.repeat(filled)}${'─'.repeat(BAR_WIDTH - filled)} ` : '';
  const remaining = share > 0.02 ? `  eta ${durationText((elapsedMs / share) * (1 - share))}` : '';
  return `${label}  ${bar}${Math.floor(share * 100)} %  ${countText(done)} / ${countText(total)}${remaining}`;
}
