import type { TrainingProgress } from '@winnow/models';

/** A training's progress as a fraction and a line for people. */
export function trainingNote(state: TrainingProgress): { fraction: number; note: string } {
  const fraction = (state.epoch - 1 + state.step / state.stepCount) / state.epochsMax;
  return {
    fraction: Math.min(1, fraction),
    note: `epoch ${state.epoch}/${state.epochsMax}, loss ${state.loss.toFixed(3)}, ${Math.round(state.examplesPerSecond)} examples/s, at most ${Math.ceil(state.etaMs / 1000)} s left`,
  };
}
