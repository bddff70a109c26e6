import { setTimeout as sleep } from 'node:timers/promises';
import type { Kill, Victim } from './kill-plan';

/** Carries a plan out: one kill after the other, each when its number of events has been acknowledged. */
export class KillSchedule {
  readonly done: Victim[] = [];
  private next = 0;
  private chain: Promise<void> = Promise.resolve();

  constructor(
    private readonly plan: readonly Kill[],
    private readonly kill: (victim: Victim) => Promise<void>,
  ) {}

  advance(acknowledgedCount: number): void {
    for (; this.next < this.plan.length; this.next += 1) {
      const due = this.plan[this.next];
      if (due.acknowledgedCount > acknowledgedCount) return;
      this.chain = this.chain.then(() => this.carryOut(due));
    }
  }

  /** Resolves when every kill has been carried out and its victim was started again. */
  async finish(): Promise<void> {
    this.advance(Infinity);
    await this.chain;
  }

  private async carryOut({ victim, delayMs }: Kill): Promise<void> {
    await sleep(delayMs);
    await this.kill(victim);
    this.done.push(victim);
  }
}
