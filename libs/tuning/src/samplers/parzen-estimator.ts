import { gaussian, normalCdf } from '@winnow/domain';
import type { Random } from '@winnow/domain';

/** A distribution that was made from a sample: draw from it, or ask how likely a coordinate is. */
export interface Density {
  draw(random: Random): number;
  logDensity(coordinate: number): number;
}

const WIDTH_MAX = 1;
const COMPONENTS_MAX = 100;
const DRAWS_MAX = 64;

interface Component {
  readonly mean: number;
  readonly width: number;
  /** Of the untruncated normal within [0, 1]. */
  readonly mass: number;
}

/**
 * Parzen estimator on [0, 1]: a normal around each coordinate, cut off at the ends, and a uniform prior that counts as one
 * of them. A normal is as wide as the farther of its two neighbours is away (Bergstra et al., NeurIPS 2011, section 4).
 */
export function numberDensity(coordinates: readonly number[]): Density {
  const sorted = coordinates.toSorted((left, right) => left - right);
  const widthMin = WIDTH_MAX / Math.min(COMPONENTS_MAX, 1 + sorted.length);
  const components = sorted.map((mean, index): Component => {
    const left = mean - (sorted[index - 1] ?? 0);
    const right = (sorted[index + 1] ?? 1) - mean;
    const width = Math.min(WIDTH_MAX, Math.max(widthMin, left, right));
    return { mean, width, mass: normalCdf((1 - mean) / width) - normalCdf(-mean / width) };
  });
  const count = components.length + 1;
  return {
    draw(random) {
      const component = components[Math.floor(random() * count)];
      if (!component) return random();
      for (let draw = 0; draw < DRAWS_MAX; draw += 1) {
        const value = component.mean + component.width * gaussian(random);
        if (value >= 0 && value < 1) return value;
      }
      return random();
    },
    logDensity(coordinate) {
      let sum = 1;
      for (const { mean, width, mass } of components)
        sum += normalDensity((coordinate - mean) / width) / (width * mass);
      return Math.log(sum / count);
    },
  };
}

/** Shares of the choices, each counted once more than it was seen. */
export function choiceDensity(indexes: readonly number[], choiceCount: number): Density {
  const counts = new Float64Array(choiceCount).fill(1);
  for (const index of indexes) counts[index] += 1;
  const total = indexes.length + choiceCount;
  return {
    draw(random) {
      let left = random() * total;
      for (let index = 0; index < choiceCount; index += 1) {
        left -= counts[index];
        if (left < 0) return index;
      }
      return choiceCount - 1;
    },
    logDensity: (index) => Math.log(counts[index] / total),
  };
}

const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
