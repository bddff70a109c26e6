/** Scores are small and skewed: ±0.01 becomes ±0.2, ±0.1 becomes ±0.9, ±1 becomes ±2. */
export const compressedScore = (score: number): number =>
  0.5 * Math.sign(score) * Math.log1p(50 * Math.abs(score));
