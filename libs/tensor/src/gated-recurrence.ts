import * as tf from '@tensorflow/tfjs-core';

type Matrix = tf.Tensor2D;
type Save = (tensors: tf.Tensor[]) => void;

export interface RecurrenceInput {
  /** What each token gives the reset gate, input weights and bias applied, [tokens, dim], time-major. */
  readonly reset: Matrix;
  /** The same for the update gate. */
  readonly update: Matrix;
  /** The same for the candidate state. */
  readonly candidate: Matrix;
  /** State to reset gate, [dim, dim]. */
  readonly resetWeight: Matrix;
  readonly updateWeight: Matrix;
  readonly candidateWeight: Matrix;
  /**
   * Sequences that have a token at each time, never more than before. Time-major order keeps a step's tokens together,
   * the longest sequences first, so that a step is a slice and nothing is padded.
   */
  readonly stepSizes: Uint32Array;
}

/**
 * Gated recurrent unit (Cho et al., 2014; for sessions Hidasi et al., ICLR 2016) over whole sequences, with
 * back-propagation through time by hand: state after every token, [tokens, dim]. Sequences start from a state of zeros.
 * The projections of the input are left to the caller, who makes them in one product for all tokens.
 */
export function recur(input: RecurrenceInput): Matrix {
  const { stepSizes } = input;
  const walk = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as Save;
    const steps = forward(inputs as Matrix[], stepSizes);
    save([
      ...(inputs.slice(3) as Matrix[]),
      ...steps.flatMap((step) => STEP_TENSORS.map((name) => step[name])),
    ]);
    return {
      value: tf.concat(
        steps.map(({ state }) => state),
        0,
      ),
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) =>
        backward(slope as Matrix, saved as Matrix[], stepSizes),
    };
  });
  return walk(
    input.reset,
    input.update,
    input.candidate,
    input.resetWeight,
    input.updateWeight,
    input.candidateWeight,
  ) as Matrix;
}

const STEP_TENSORS = ['before', 'reset', 'update', 'recalled', 'candidate', 'state'] as const;

/** What a step computed, [sequences of the step, dim] each. */
type Step = Readonly<Record<(typeof STEP_TENSORS)[number], Matrix>>;

const rows = (x: Matrix, from: number, count: number): Matrix => tf.slice(x, [from, 0], [count, x.shape[1]]);

/** On wasm a sigmoid costs a twentieth of a tanh. */
const tanh = (x: tf.Tensor): tf.Tensor => tf.sub(tf.mul(tf.sigmoid(tf.mul(x, 2)), 2), 1);

function forward(inputs: readonly Matrix[], stepSizes: Uint32Array): Step[] {
  const [reset, update, candidate, resetWeight, updateWeight, candidateWeight] = inputs;
  const steps: Step[] = [];
  let state: Matrix = tf.zeros([stepSizes[0], reset.shape[1]]);
  let from = 0;
  for (const size of stepSizes) {
    const before = rows(state, 0, size);
    const opened = tf.sigmoid(tf.add(rows(reset, from, size), tf.matMul(before, resetWeight)));
    const renewed = tf.sigmoid(tf.add(rows(update, from, size), tf.matMul(before, updateWeight)));
    const recalled = tf.matMul(before, candidateWeight);
    const next = tanh(tf.add(rows(candidate, from, size), tf.mul(opened, recalled)));
    state = tf.add<Matrix>(before, tf.mul(renewed, tf.sub(next, before)));
    steps.push({
      before,
      reset: opened as Matrix,
      update: renewed as Matrix,
      recalled: recalled as Matrix,
      candidate: next as Matrix,
      state,
    });
    from += size;
  }
  return steps;
}

interface StepSlopes {
  readonly reset: Matrix;
  readonly update: Matrix;
  readonly candidate: Matrix;
  /** Of the product of the state before and the candidate's weight. */
  readonly recalled: Matrix;
}

function backward(slope: Matrix, saved: Matrix[], stepSizes: Uint32Array): Matrix[] {
  const [resetWeight, updateWeight, candidateWeight] = saved
    .slice(0, 3)
    .map((weight) => tf.transpose(weight));
  const slopes: StepSlopes[] = [];
  const befores: Matrix[] = [];
  let carried: Matrix | null = null;
  let from = slope.shape[0];
  for (let index = stepSizes.length - 1; index >= 0; index -= 1) {
    const size = stepSizes[index];
    from -= size;
    const step = stepOf(saved, index);
    const own = rows(slope, from, size);
    const total = carried ? tf.add(own, padded(carried, size)) : own;
    const slopesOfStep = backwardStep(step, total as Matrix);
    slopes.unshift(slopesOfStep);
    befores.unshift(step.before);
    carried = tf.addN([
      tf.mul(total, tf.sub(1, step.update)),
      tf.matMul(slopesOfStep.reset, resetWeight as Matrix),
      tf.matMul(slopesOfStep.update, updateWeight as Matrix),
      tf.matMul(slopesOfStep.recalled, candidateWeight as Matrix),
    ]) as Matrix;
  }
  const joined = (name: keyof StepSlopes): Matrix =>
    tf.concat(
      slopes.map((each) => each[name]),
      0,
    );
  const states = tf.transpose(tf.concat(befores, 0)) as Matrix;
  const [reset, update, candidate] = [joined('reset'), joined('update'), joined('candidate')];
  return [
    reset,
    update,
    candidate,
    tf.matMul(states, reset),
    tf.matMul(states, update),
    tf.matMul(states, joined('recalled')),
  ];
}

function stepOf(saved: Matrix[], index: number): Step {
  const at = 3 + index * STEP_TENSORS.length;
  return Object.fromEntries(STEP_TENSORS.map((name, offset) => [name, saved[at + offset]])) as Step;
}

/** Sequences that ended before carry no slope back. */
const padded = (x: Matrix, size: number): Matrix =>
  x.shape[0] === size ? x : tf.concat([x, tf.zeros([size - x.shape[0], x.shape[1]]) as Matrix], 0);

function backwardStep(step: Step, slope: Matrix): StepSlopes {
  const { before, reset, update, recalled, candidate } = step;
  const toCandidate = tf.mul(tf.mul(slope, update), tf.sub(1, tf.square(candidate)));
  const toUpdate = tf.mul(tf.mul(slope, tf.sub(candidate, before)), tf.mul(update, tf.sub(1, update)));
  const toReset = tf.mul(tf.mul(toCandidate, recalled), tf.mul(reset, tf.sub(1, reset)));
  return {
    reset: toReset as Matrix,
    update: toUpdate as Matrix,
    candidate: toCandidate as Matrix,
    recalled: tf.mul(toCandidate, reset) as Matrix,
  };
}
