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

/** Fitted several times in a training: 2,500 items cost seconds each time, 5,000 would cost eight times as much. */
const LINEAR_WEIGHTS: LinearWeightOptions = {
  regularisation: 200,
  itemCountMax: 2_500,
  userCountMin: 3,
  weightCountMax: 200,
  historyCountMax: 1_000,
};

/** From the frame's positive events. */
export async function buildItemRelations(frame: RunFrame, description: Description): Promise<ItemRelations> {
  const interactions = positiveInteractions(frame, description);
  return {
    neighbours: NeighbourTable.build(interactions),
    linearWeights: await fitLinearWeights(interactions, LINEAR_WEIGHTS, matrixProduct),
  };
}
