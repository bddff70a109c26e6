import { Parameters } from '@winnow/tensor';
import type { HeavyRankerArchitecture } from './architecture';
import { addExperts, addGate, expertOutputs, mixExperts } from './blocks/experts';
import { matchedFields, matchedFieldsSize } from './blocks/pooled-query';
import { addTaskTowers, taskTowers } from './blocks/task-towers';

/**
 * Multi-gate Mixture-of-Experts (Ma et al., KDD 2018): the heads share experts, and a gate of each head's own chooses how
 * to mix them for a candidate, so that heads that disagree need not spoil each other.
 */
export const mmoe: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { heads, expertCount, expertSize, hiddenSizes } = config;
    const inputSize = matchedFieldsSize(config);
    const parameters = new Parameters();
    addExperts(parameters, { name: 'experts', inputSize, count: expertCount, size: expertSize, random });
    heads.forEach((_head, head) => addGate(parameters, { name: `gate${head}`, inputSize, expertCount }));
    const size = hiddenSizes[hiddenSizes.length - 1];
    return addTaskTowers(parameters, { inputSize: expertSize, size, baseLogits, random });
  },

  logits({ heads, expertSize: size }, weights, input) {
    const x = matchedFields(input);
    const outputs = expertOutputs(weights, 'experts', x);
    const mixed = heads.map((_head, head) => mixExperts(weights, { name: `gate${head}`, x, outputs, size }));
    return taskTowers(weights, mixed);
  },
};
