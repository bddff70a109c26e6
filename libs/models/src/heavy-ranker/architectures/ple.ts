import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { Parameters } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { HeavyRankerArchitecture, HeavyRankerConfig } from './architecture';
import { addExperts, addGate, expertOutputs, mixExperts } from './blocks/experts';
import { matchedFields, matchedFieldsSize } from './blocks/pooled-query';
import { addTaskTowers, taskTowers } from './blocks/task-towers';

const LEVEL_COUNT = 2;

/** What a level of extraction passes on. */
interface Extracted {
  /** [n, size] each */
  readonly tasks: readonly tf.Tensor2D[];
  readonly shared: tf.Tensor2D;
}

/** Half of the experts are shared; each head has as many again to itself. */
const expertsPerGroup = ({ expertCount }: HeavyRankerConfig): number =>
  Math.max(1, Math.floor(expertCount / 2));

/**
 * Progressive Layered Extraction (Tang et al., RecSys 2020): each head has experts of its own beside the shared ones, in
 * levels; a head's gate mixes its own and the shared, the shared gate mixes all, and the next level goes on from there.
 * What one head learns for itself alone cannot be overwritten by another.
 */
export const ple: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { expertSize, hiddenSizes } = config;
    const parameters = new Parameters();
    for (let level = 0; level < LEVEL_COUNT; level += 1) addLevel(parameters, { config, level, random });
    const size = hiddenSizes[hiddenSizes.length - 1];
    return addTaskTowers(parameters, { inputSize: expertSize, size, baseLogits, random });
  },

  logits(config, weights, input) {
    const x = matchedFields(input);
    let extracted: Extracted = { tasks: config.heads.map(() => x), shared: x };
    for (let level = 0; level < LEVEL_COUNT; level += 1)
      extracted = extract(config, weights, { level, from: extracted });
    return taskTowers(weights, extracted.tasks);
  },
};

function addLevel(
  parameters: Parameters,
  { config, level, random }: { config: HeavyRankerConfig; level: number; random: Random },
): void {
  const { heads, expertSize: size } = config;
  const count = expertsPerGroup(config);
  const inputSize = level === 0 ? matchedFieldsSize(config) : size;
  addExperts(parameters, { name: `level${level}/shared`, inputSize, count, size, random });
  heads.forEach((_head, head) => {
    addExperts(parameters, { name: `level${level}/task${head}`, inputSize, count, size, random });
    addGate(parameters, { name: `level${level}/gate${head}`, inputSize, expertCount: 2 * count });
  });
  if (level + 1 < LEVEL_COUNT)
    addGate(parameters, {
      ...{ name: `level${level}/sharedGate`, inputSize, expertCount: (heads.length + 1) * count },
    });
}

/** One level of customised gate control. The last one's shared output goes nowhere: it stays as it came. */
function extract(
  { expertSize: size }: HeavyRankerConfig,
  weights: ByName<tf.Tensor>,
  { level, from }: { level: number; from: Extracted },
): Extracted {
  const shared = expertOutputs(weights, `level${level}/shared`, from.shared);
  const own = from.tasks.map((x, head) => expertOutputs(weights, `level${level}/task${head}`, x));
  const joined = (outputs: readonly tf.Tensor2D[]): tf.Tensor2D => tf.concat([...outputs], 1) as tf.Tensor2D;
  const tasks = from.tasks.map((x, head) =>
    mixExperts(weights, { name: `level${level}/gate${head}`, x, outputs: joined([own[head], shared]), size }),
  );
  if (level + 1 === LEVEL_COUNT) return { tasks, shared: from.shared };
  const all = joined([...own, shared]);
  const name = `level${level}/sharedGate`;
  return { tasks, shared: mixExperts(weights, { name, x: from.shared, outputs: all, size }) };
}
