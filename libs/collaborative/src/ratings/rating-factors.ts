import { gaussian, seededRandom, shuffle } from '@winnow/domain';
import {
  summariseRatings,
  withinRange,
  type RatingPredictor,
  type RatingSummary,
  type RatingTable,
} from './rating-table';

export interface RatingFactorOptions {
  /** Default 100. */
  readonly dimension?: number;
  /** Default 20. */
  readonly epochCount?: number;
  /** Default 0.005. */
  readonly learningRate?: number;
  /** Default 0.02. */
  readonly regularisation?: number;
  readonly seed: number;
  readonly onEpoch?: (done: number, trainingError: number) => void;
}

const INITIAL_DEVIATION = 0.1;

/** Biases and factors of one side. */
interface Side {
  readonly biases: Float64Array;
  /** [ids, dimension] */
  readonly factors: Float64Array;
}

/**
 * Matrix factorisation of ratings with biases, r = μ + bᵤ + bᵢ + pᵤ · qᵢ, by stochastic gradient descent over shuffled
 * ratings (Koren, Bell and Volinsky, IEEE Computer 2009). O(epochs · ratings · dimension).
 */
export function fitRatingFactors(table: RatingTable, options: RatingFactorOptions): RatingPredictor {
  const { dimension = 100, epochCount = 20, learningRate = 0.005, regularisation = 0.02 } = options;
  const summary = summariseRatings(table);
  const random = seededRandom(options.seed);
  const sideOf = (count: number): Side => ({
    biases: new Float64Array(count),
    factors: Float64Array.from({ length: count * dimension }, () => INITIAL_DEVIATION * gaussian(random)),
  });
  const users = sideOf(summary.userCount);
  const items = sideOf(summary.itemCount);
  const order = Uint32Array.from({ length: table.ratings.length }, (_, row) => row);
  const step = { users, items, dimension, learningRate, regularisation, mean: summary.mean };
  for (let epoch = 1; epoch <= epochCount; epoch += 1) {
    shuffle(order, random);
    let squares = 0;
    for (const row of order)
      squares += learn(step, table.users[row], table.ordinals[row], table.ratings[row]);
    options.onEpoch?.(epoch, Math.sqrt(squares / order.length));
  }
  return predictorOf({ users, items, dimension, summary, known: knownIds(table) });
}

interface Step {
  readonly users: Side;
  readonly items: Side;
  readonly dimension: number;
  readonly learningRate: number;
  readonly regularisation: number;
  readonly mean: number;
}

/** One gradient step; gives back the squared error before it. */
function learn(step: Step, user: number, item: number, rating: number): number {
  const { users, items, dimension, learningRate, regularisation } = step;
  const error = rating - step.mean - users.biases[user] - items.biases[item] - innerProduct(step, user, item);
  users.biases[user] += learningRate * (error - regularisation * users.biases[user]);
  items.biases[item] += learningRate * (error - regularisation * items.biases[item]);
  for (let index = 0; index < dimension; index += 1) {
    const p = users.factors[user * dimension + index];
    const q = items.factors[item * dimension + index];
    users.factors[user * dimension + index] += learningRate * (error * q - regularisation * p);
    items.factors[item * dimension + index] += learningRate * (error * p - regularisation * q);
  }
  return error * error;
}

function innerProduct(
  { users, items, dimension }: Pick<Step, 'users' | 'items' | 'dimension'>,
  user: number,
  item: number,
): number {
  let sum = 0;
  for (let index = 0; index < dimension; index += 1)
    sum += users.factors[user * dimension + index] * items.factors[item * dimension + index];
  return sum;
}

/** Ids that were rated or rated at all; the rows of the others are noise. */
const knownIds = ({ users, ordinals }: RatingTable): { users: Set<number>; items: Set<number> } => ({
  users: new Set(users),
  items: new Set(ordinals),
});

function predictorOf(model: {
  readonly users: Side;
  readonly items: Side;
  readonly dimension: number;
  readonly summary: RatingSummary;
  readonly known: { readonly users: ReadonlySet<number>; readonly items: ReadonlySet<number> };
}): RatingPredictor {
  const { users, items, summary, known } = model;
  return {
    predict(user, ordinal) {
      const knowsUser = known.users.has(user);
      const knowsItem = known.items.has(ordinal);
      const biases = (knowsUser ? users.biases[user] : 0) + (knowsItem ? items.biases[ordinal] : 0);
      const affinity = knowsUser && knowsItem ? innerProduct(model, user, ordinal) : 0;
      return withinRange(summary.mean + biases + affinity, summary);
    },
  };
}
