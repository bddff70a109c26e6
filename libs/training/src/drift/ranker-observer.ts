import type { Ranker, RankReply, RankRequest } from '@winnow/domain';
import type { RankingFeatures } from '@winnow/features';
import type { OfflineModels } from '../offline-funnel';
import type { Observations } from './log-observations';

/** Candidates of a request that are noted: the front of what the light ranker passed on. */
const NOTED_COUNT = 20;

/**
 * Stands before a heavy ranker and notes what it is asked and what it says: its features, its score, and the prediction of
 * each head, for the first candidates of every request. A request is one independent sample.
 */
export class RankerObserver implements Ranker {
  readonly #columns = new Map<string, number[]>();
  #requestCount = 0;

  constructor(
    private readonly ranker: Ranker,
    /** Those that the ranker reads. */
    private readonly features: RankingFeatures,
  ) {}

  /** The same models, with this observer in the heavy ranker's place. */
  static of(
    models: OfflineModels,
    features: RankingFeatures,
  ): { models: OfflineModels; observer: RankerObserver } {
    const observer = new RankerObserver(models.heavyRanker, features);
    return { observer, models: { ...models, heavyRanker: observer } };
  }

  async rank(...[request, context]: Parameters<Ranker['rank']>): ReturnType<Ranker['rank']> {
    const reply = await this.ranker.rank(request, context);
    if (reply.ok) this.note(request, reply.value);
    return reply;
  }

  observations(): Observations {
    return Object.fromEntries(
      [...this.#columns].map(([name, values]) => [
        name,
        { kind: 'number', values, sampleCount: this.#requestCount },
      ]),
    );
  }

  /** Forgets what was noted, for the next day. */
  reset(): void {
    this.#columns.clear();
    this.#requestCount = 0;
  }

  private note(
    { query, queryVector, ordinals }: RankRequest,
    { scores, heads, headValues }: RankReply,
  ): void {
    const noted = ordinals.subarray(0, NOTED_COUNT);
    const { names, count } = this.features;
    const matrix = this.features.compute(query, queryVector, noted);
    this.#requestCount += 1;
    for (let row = 0; row < noted.length; row += 1) {
      this.push('score', scores[row]);
      heads.forEach((head, column) =>
        this.push(`prediction: ${head}`, headValues[row * heads.length + column]),
      );
      names.forEach((name, column) => this.push(`feature: ${name}`, matrix[row * count + column]));
    }
  }

  private push(name: string, value: number): void {
    const column = this.#columns.get(name);
    if (column) column.push(value);
    else this.#columns.set(name, [value]);
  }
}
