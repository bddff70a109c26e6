import { gaussian, seededRandom, shuffle } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import { summariseRatings, withinRange, type RatingPredictor, type RatingTable } from './rating-table';

export interface RatingImplicitFactorOptions {
  /** Default 20. */
  readonly dimension?: number;
  /** Default 40. */
  readonly epochCount?: number;
  /** Of the first epoch. Default 0.01. */
  readonly learningRate?: number;
  /** Of which each epoch's rate is the share of the one before. Default 0.95. */
  readonly learningDecay?: number;
  /** Of biases. Default 0.05. */
  readonly biasRegularisation?: number;
  /** Of factors. Default 0.08. */
  readonly factorRegularisation?: number;
  readonly seed: number;
  readonly onEpoch?: (done: number, trainingError: number) => void;
}

const INITIAL_DEVIATION = 0.05;

/**
 * SVD++: r = μ + bᵤ + bᵢ + qᵢ · (pᵤ + |N(u)|^-½ Σ yⱼ), where N(u) is all that the user rated: that somebody rated an item says
 * something, whatever the rating (Koren, KDD 2008). By gradient descent, a user at a time: the sum over N(u) is made once,
 * and its gradient is given to every yⱼ once, after the user's ratings. O(epochs · ratings · dimension).
 */
export function fitRatingImplicitFactors(
  table: RatingTable,
  options: RatingImplicitFactorOptions,
): RatingPredictor {
  const { epochCount = 40, learningRate = 0.01, learningDecay = 0.95 } = options;
  const run = new ImplicitFactorRun(table, options);
  for (let epoch = 1; epoch <= epochCount; epoch += 1) {
    const error = run.epoch(learningRate * learningDecay ** (epoch - 1));
    options.onEpoch?.(epoch, error);
  }
  return run.predictor();
}

class ImplicitFactorRun {
  private readonly dimension: number;
  private readonly biasRegularisation: number;
  private readonly factorRegularisation: number;
  private readonly random: Random;
  private readonly summary;
  private readonly userBiases: Float64Array;
  private readonly itemBiases: Float64Array;
  /** [users, dimension] pᵤ; [items, dimension] qᵢ and yⱼ. */
  private readonly userFactors: Float64Array;
  private readonly itemFactors: Float64Array;
  private readonly impliedFactors: Float64Array;
  /** Rows of the table by user. */
  private readonly rowsOfUser: readonly Uint32Array[];
  private readonly knownItems: ReadonlySet<number>;
  private readonly userOrder: Uint32Array;

  constructor(
    private readonly table: RatingTable,
    options: RatingImplicitFactorOptions,
  ) {
    this.dimension = options.dimension ?? 20;
    this.biasRegularisation = options.biasRegularisation ?? 0.05;
    this.factorRegularisation = options.factorRegularisation ?? 0.08;
    this.random = seededRandom(options.seed);
    this.summary = summariseRatings(table);
    const { userCount, itemCount } = this.summary;
    const noise = (count: number): Float64Array =>
      Float64Array.from({ length: count * this.dimension }, () => INITIAL_DEVIATION * gaussian(this.random));
    this.userBiases = new Float64Array(userCount);
    this.itemBiases = new Float64Array(itemCount);
    this.userFactors = noise(userCount);
    this.itemFactors = noise(itemCount);
    this.impliedFactors = noise(itemCount);
    this.rowsOfUser = rowsByUser(table, userCount);
    this.knownItems = new Set(table.ordinals);
    this.userOrder = Uint32Array.from({ length: userCount }, (_, user) => user);
  }

  /** Once through all ratings; the root mean square of the errors before each step. */
  epoch(rate: number): number {
    shuffle(this.userOrder, this.random);
    let squares = 0;
    for (const user of this.userOrder) squares += this.learnUser(user, rate);
    return Math.sqrt(squares / this.table.ratings.length);
  }

  predictor(): RatingPredictor {
    const { summary, knownItems, userBiases, itemBiases, itemFactors, dimension } = this;
    const tastes = this.rowsOfUser.map((_, user) => this.taste(user));
    return {
      predict: (user, ordinal) => {
        const knowsUser = (this.rowsOfUser[user]?.length ?? 0) > 0;
        const knowsItem = knownItems.has(ordinal);
        let sum = summary.mean + (knowsUser ? userBiases[user] : 0) + (knowsItem ? itemBiases[ordinal] : 0);
        if (knowsUser && knowsItem)
          for (let index = 0; index < dimension; index += 1)
            sum += tastes[user][index] * itemFactors[ordinal * dimension + index];
        return withinRange(sum, summary);
      },
    };
  }

  /** pᵤ + |N(u)|^-½ Σ yⱼ */
  private taste(user: number): Float64Array {
    const { dimension, userFactors, impliedFactors, table } = this;
    const rows = this.rowsOfUser[user];
    const sum = new Float64Array(dimension);
    for (const row of rows)
      for (let index = 0, at = table.ordinals[row] * dimension; index < dimension; index += 1, at += 1)
        sum[index] += impliedFactors[at];
    const norm = rows.length > 0 ? 1 / Math.sqrt(rows.length) : 0;
    return sum.map((value, index) => userFactors[user * dimension + index] + norm * value);
  }

  private learnUser(user: number, rate: number): number {
    const { dimension, table, userFactors, itemFactors, impliedFactors, factorRegularisation } = this;
    const rows = this.rowsOfUser[user];
    if (rows.length === 0) return 0;
    shuffle(rows, this.random);
    const taste = this.taste(user);
    const pull = new Float64Array(dimension);
    let squares = 0;
    for (const row of rows) {
      const item = table.ordinals[row];
      const error = this.learnBiases({ user, item, rating: table.ratings[row], taste, rate });
      squares += error * error;
      for (let index = 0; index < dimension; index += 1) {
        const [p, q] = [user * dimension + index, item * dimension + index];
        const step = rate * (error * itemFactors[q] - factorRegularisation * userFactors[p]);
        pull[index] += error * itemFactors[q];
        itemFactors[q] += rate * (error * taste[index] - factorRegularisation * itemFactors[q]);
        userFactors[p] += step;
        taste[index] += step;
      }
    }
    const norm = 1 / Math.sqrt(rows.length);
    for (const row of rows)
      for (let index = 0, at = table.ordinals[row] * dimension; index < dimension; index += 1, at += 1)
        impliedFactors[at] += rate * (norm * pull[index] - factorRegularisation * impliedFactors[at]);
    return squares;
  }

  /** Moves both biases; gives back the error before. */
  private learnBiases(one: {
    readonly user: number;
    readonly item: number;
    readonly rating: number;
    readonly taste: Float64Array;
    readonly rate: number;
  }): number {
    const { user, item, rating, taste, rate } = one;
    const { dimension, userBiases, itemBiases, itemFactors, biasRegularisation } = this;
    let predicted = this.summary.mean + userBiases[user] + itemBiases[item];
    for (let index = 0; index < dimension; index += 1)
      predicted += taste[index] * itemFactors[item * dimension + index];
    const error = rating - predicted;
    userBiases[user] += rate * (error - biasRegularisation * userBiases[user]);
    itemBiases[item] += rate * (error - biasRegularisation * itemBiases[item]);
    return error;
  }
}

function rowsByUser({ users }: RatingTable, userCount: number): Uint32Array[] {
  const rows = Array.from({ length: userCount }, (): number[] => []);
  users.forEach((user, row) => rows[user].push(row));
  return rows.map((own) => Uint32Array.from(own));
}
