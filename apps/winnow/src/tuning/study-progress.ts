import type { Clock } from '@winnow/domain';
import { evaluationKey, leaderboard } from '@winnow/tuning';
import type { EvaluationRecord, EvaluationRequest } from '@winnow/tuning';
import { durationText } from '../output/quantities';
import type { Terminal } from '../output/terminal';

const BAR_WIDTH = 20;
const REDRAW_MS = 100;
/** Without a terminal to redraw on: one line every so often. */
const LINE_MS = 15_000;

interface Underway {
  readonly request: EvaluationRequest;
  fraction: number;
  note: string;
}

/** Says how far a study is: a line that is redrawn, or one now and then; and one that stays for each result. */
export class StudyProgressLine {
  private readonly underway = new Map<string, Underway>();
  private readonly startedAtMs: number;
  private shownAtMs = -Infinity;
  /** Budgets of the evaluations that ended since the start, and of what is under way by the part that is done. */
  private doneShares = 0;

  constructor(
    private readonly options: {
      readonly terminal: Terminal;
      readonly clock: Clock;
      /** Shares of the full budget that all evaluations of the study take together. */
      readonly total: number;
    },
  ) {
    this.startedAtMs = options.clock.monotonicMs();
  }

  report(
    request: EvaluationRequest,
    { fraction, note, records }: { fraction: number; note: string; records: readonly EvaluationRecord[] },
  ): void {
    this.underway.set(evaluationKey(request), { request, fraction, note });
    const { terminal, clock } = this.options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.shownAtMs < (terminal.interactive ? REDRAW_MS : LINE_MS)) return;
    this.shownAtMs = nowMs;
    const text = this.text(records, nowMs);
    if (terminal.interactive) terminal.redraw(text);
    else terminal.note(text);
  }

  ended(record: EvaluationRecord, records: readonly EvaluationRecord[]): void {
    this.underway.delete(evaluationKey(record));
    this.doneShares += record.share;
    const { terminal } = this.options;
    terminal.redraw('');
    const [best] = leaderboard(records);
    const mark = best.trial === record.trial && record.share === 1 && record.repeat === 0 ? '  ← best' : '';
    terminal.note(
      `${nameOf(record).padEnd(22)} ${resultText(record)}  ${durationText(record.durationMs)}${mark}`,
    );
  }

  end(): void {
    this.options.terminal.redraw('');
  }

  private text(records: readonly EvaluationRecord[], nowMs: number): string {
    const { total } = this.options;
    const running = [...this.underway.values()];
    const partly = running.reduce((sum, { request, fraction }) => sum + fraction * request.share, 0);
    const before = records.reduce((sum, { share }) => sum + share, 0);
    const done = Math.min(1, (before + partly) / total);
    const filled = Math.round(done * BAR_WIDTH);
    const spent = this.doneShares + partly;
    const eta =
      spent > 0.05
        ? `  eta ${durationText(((nowMs - this.startedAtMs) / spent) * Math.max(0, total - before - partly))}`
        : '';
    const now = running.map(({ request, note }) => `${nameOf(request)}: ${note}`).join(' | ');
    return `${'━'.repeat(filled)}${'─'.repeat(BAR_WIDTH - filled)} ${Math.floor(100 * done)} %${eta}  ${now}`;
  }
}

function nameOf({ trial, share, repeat }: EvaluationRequest): string {
  const name = trial === 0 ? 'defaults' : `trial ${trial}`;
  if (repeat > 0) return `${name}, seed + ${repeat}`;
  return share === 1 ? name : `${name} at ${Math.round(100 * share)} %`;
}

const resultText = ({ objective, reason }: EvaluationRecord): string =>
  objective === null ? `failed: ${reason ?? 'unknown'}` : `NDCG@20 ${objective.toFixed(4)}`;
