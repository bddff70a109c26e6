export interface RetryBudgetOptions {
  /** Retries allowed per call, on average; 0.1 when left out. */
  readonly share?: number;
  /** Retries that may be saved up; 5 when left out. */
  readonly savedMax?: number;
}

/**
 * Allows retries for a share of all calls, so that a service which is down is not also flooded. Starts full: a
 * process that has only just started may retry too.
 */
export class RetryBudget {
  private readonly share: number;
  private readonly savedMax: number;
  private saved: number;

  constructor({ share = 0.1, savedMax = 5 }: RetryBudgetOptions = {}) {
    this.share = share;
    this.savedMax = savedMax;
    this.saved = savedMax;
  }

  /** Every call earns its share. */
  earn(): void {
    this.saved = Math.min(this.savedMax, this.saved + this.share);
  }

  /** Takes one retry; false when none is left. */
  spend(): boolean {
    if (this.saved < 1) return false;
    this.saved -= 1;
    return true;
  }
}
