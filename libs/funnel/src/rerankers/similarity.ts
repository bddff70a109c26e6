import type { ItemReader, ItemVectors } from '../ports';

/** How alike two items are, in [0, 1]. */
export type Similarity = (left: number, right: number) => number;

/** Cosine of the items' vectors, negative ones counted as 0; 0 for an item without a vector. O(dimension). */
export const vectorSimilarity =
  (vectors: ItemVectors): Similarity =>
  (left, right) => {
    const leftVector = vectors.vector(left);
    const rightVector = vectors.vector(right);
    if (!leftVector || !rightVector) return 0;
    let dot = 0;
    for (let index = 0; index < leftVector.length; index += 1) dot += leftVector[index] * rightVector[index];
    return Math.max(0, dot);
  };

/** Share of the two items' categories that both have (Jaccard); 0 when either has none. */
export const attributeSimilarity =
  (items: Pick<ItemReader, 'categoryCodes'>, attribute: string): Similarity =>
  (left, right) => {
    const leftCodes = items.categoryCodes(attribute, left);
    const rightCodes = items.categoryCodes(attribute, right);
    if (leftCodes.length === 0 || rightCodes.length === 0) return 0;
    let shared = 0;
    for (let one = 0; one < leftCodes.length; one += 1)
      for (let other = 0; other < rightCodes.length; other += 1)
        if (leftCodes[one] === rightCodes[other]) shared += 1;
    return shared / (leftCodes.length + rightCodes.length - shared);
  };
