import type { InteractionLog } from '@winnow/evaluation';
import type { LearningWindow } from '../ranking-model';

/** What a split without a moment of its own learns from: all of it, asked for right after the last interaction. */
export const windowAfter = (past: InteractionLog, vocabulary: Uint32Array): LearningWindow => ({
  past,
  matrix: past,
  vocabulary,
  startMs: (past.timesMs.at(-1) ?? 0) + 1,
});
