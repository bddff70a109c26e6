import type { Readiness, ReleaseState, RpcServer } from '@winnow/platform';

/**
 * Whoever asks is answered from the first release on; that this process is ready, it says once it is warm too, so that
 * whoever waits for that meets fast answers.
 */
export class WarmReadiness {
  #isWarm = false;
  #state: Pick<ReleaseState, 'ready' | 'detail'> = { ready: false, detail: 'starting' };
  #server: Pick<RpcServer, 'setReady'> | null = null;

  constructor(private readonly setReadiness: (readiness: Readiness) => void) {}

  /** At every change of what is loaded. */
  tell({ ready, detail }: ReleaseState): void {
    this.#state = { ready, detail };
    this.#say();
  }

  /** The server's health service from now on, too. */
  tellAlso(server: Pick<RpcServer, 'setReady'>): void {
    this.#server = server;
    this.#say();
  }

  /** For good: later releases rehearse beside the one that serves. */
  becomeWarm(): void {
    this.#isWarm = true;
    this.#say();
  }

  #say(): void {
    const { ready, detail } = this.#state;
    this.setReadiness(
      ready && !this.#isWarm ? { ready: false, detail: `${detail}; rehearsing` } : this.#state,
    );
    this.#server?.setReady(ready && this.#isWarm);
  }
}
