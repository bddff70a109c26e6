import { fitLinearWeights, type LinearWeightOptions } from '@winnow/collaborative';
import type { Description } from '@winnow/domain';
import { NeighbourTable } from '@winnow/features';
import type { LinearWeights } from '@winnow/features';
import { matrixProduct } from '@winnow/tensor';
import { positiveInteractions } from './frame';
import type { RunFrame } from './frame';

/** What items say of each other, learnt from who turned to which. */
export interface ItemRelations {
  readonly neighbours: NeighbourTable;
  readonly linearWeights: LinearWeights;
}

/** What no data set is likely to want otherwise. */
const FIXED: Omit<LinearWeightOptions, 'regularisation' | 'itemCountMax'> = {
  userCountMin: 3,
  weightCountMax: 200,
  historyCountMax: 1_000,
};

/** From the frame's positive events. */
export async function buildItemRelations(frame: RunFrame, description: Description): Promise<ItemRelations> {
  const interactions = positiveInteractions(frame, description);
  const options = { ...FIXED, ...description.training.linearWeights };
  return {
    neighbours: NeighbourTable.build(interactions),
    linearWeights: await fitLinearWeights(interactions, options, matrixProduct),
  };
}
