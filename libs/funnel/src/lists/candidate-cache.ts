import type { Clock, UserId } from '@winnow/domain';

export interface CandidateCacheOptions {
  readonly clock: Clock;
  readonly userCountMax?: number;
  /** After this, a user's candidates are forgotten: also what bounds how long a deleted user lingers here. */
  readonly keepMs?: number;
}

/** What candidate generation last found for a user, in case it is gone the next time. Least recently used goes first. */
export class CandidateCache {
  readonly #clock: Clock;
  readonly #userCountMax: number;
  readonly #keepMs: number;
  readonly #entries = new Map<UserId, { readonly ordinals: Uint32Array; readonly expiresAtMs: number }>();

  constructor({ clock, userCountMax = 10_000, keepMs = 600_000 }: CandidateCacheOptions) {
    this.#clock = clock;
    this.#userCountMax = userCountMax;
    this.#keepMs = keepMs;
  }

  get(userId: UserId): Uint32Array | null {
    const entry = this.#entries.get(userId);
    if (!entry) return null;
    if (entry.expiresAtMs > this.#clock.monotonicMs()) return entry.ordinals;
    this.#entries.delete(userId);
    return null;
  }

  put(userId: UserId, ordinals: Uint32Array): void {
    this.#entries.delete(userId);
    this.#entries.set(userId, { ordinals, expiresAtMs: this.#clock.monotonicMs() + this.#keepMs });
    this.#dropExpired();
  }

  /** Map order is order of insertion and every entry lives equally long, so the expired ones are in front. */
  #dropExpired(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [userId, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs > nowMs && this.#entries.size <= this.#userCountMax) return;
      this.#entries.delete(userId);
    }
  }
}
