import * as tf from '@tensorflow/tfjs-core';

type Matrix = tf.Tensor2D;
type Save = (tensors: tf.Tensor[]) => void;

const CHUNK_SIZE = 1 << 22;

export interface SampledSoftmaxInput {
  /** [queries, dim] */
  readonly queries: Matrix;
  /** The item that each query should rank first, [queries, dim]. */
  readonly positives: Matrix;
  /** Items drawn without replacement and shared by all queries, [negatives, dim]; all items for a full softmax. */
  readonly negatives: Matrix;
  /**
   * 1 where the query's own positive is also among the negatives, else 0: [queries, 1]. The loss is then as if that
   * column were hidden, and the column's slope is given to `positives`: the two are the same row of the same table.
   */
  readonly hits: Matrix;
  /** Logits that are held at a time; default 4 M (16 MB), so that a whole vocabulary's fit beside the weights. */
  readonly chunkSize?: number;
}

/**
 * Mean softmax cross-entropy of each query's positive against shared negatives (Jean et al., 2015; Klenitskiy and
 * Vasilev, RecSys 2023, on why this is what sequential recommenders need). Uniform negatives need no logQ correction:
 * it would add the same constant to every negative.
 *
 * All three slopes come out of the forward pass, where the shares are at hand: three matrix products and one softmax
 * per chunk of queries, none with a transposed wide operand. An accidental hit is taken out exactly and without a mask,
 * because its logit equals the positive's. O(queries · negatives · dim).
 */
export function sampledSoftmaxLoss(input: SampledSoftmaxInput): tf.Scalar {
  const { queries, positives, negatives, hits, chunkSize = CHUNK_SIZE } = input;
  const loss = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as Save;
    const [asked, wanted, others] = inputs as Matrix[];
    const result = tf.tidy(() =>
      lossAndSlopes({ queries: asked, positives: wanted, negatives: others, hits, chunkSize }),
    );
    save([result.queries, result.positives, result.negatives]);
    return {
      value: result.loss,
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) => saved.map((each) => tf.mul(each, slope)),
    };
  });
  return loss(queries, positives, negatives) as tf.Scalar;
}

interface Result extends Record<string, tf.Tensor> {
  loss: tf.Scalar;
  queries: Matrix;
  positives: Matrix;
  negatives: Matrix;
}

function lossAndSlopes(input: Required<SampledSoftmaxInput>): Result {
  const { queries, positives, negatives, hits, chunkSize } = input;
  const [count, dim] = queries.shape;
  const columns = negatives.shape[0] + 1;
  const chunk = Math.max(1, Math.floor(chunkSize / columns));
  // Column 0 is the positive's: a row of zeros in its place keeps it out of the products without slicing a wide matrix.
  const padded = tf.concat([tf.zeros([1, dim]) as Matrix, negatives], 0);
  const transposed = tf.transpose(negatives) as Matrix;
  const losses: tf.Scalar[] = [];
  const querySlopes: Matrix[] = [];
  const positiveSlopes: Matrix[] = [];
  let negativeSlopes: Matrix | null = null;
  for (let from = 0; from < count; from += chunk) {
    const size = Math.min(chunk, count - from);
    const part = (x: Matrix): Matrix => tf.slice(x, [from, 0], [size, x.shape[1]]);
    const slopes: ChunkSlopes = tf.tidy(() =>
      ofChunk({ queries: part(queries), positives: part(positives), hits: part(hits), padded, transposed }),
    );
    losses.push(slopes.loss);
    querySlopes.push(slopes.queries);
    positiveSlopes.push(slopes.positives);
    negativeSlopes = negativeSlopes ? tf.add<Matrix>(negativeSlopes, slopes.negatives) : slopes.negatives;
  }
  const share = 1 / count;
  return {
    loss: tf.mul(tf.addN(losses), share) as tf.Scalar,
    queries: tf.mul(tf.concat(querySlopes, 0), share) as Matrix,
    positives: tf.mul(tf.concat(positiveSlopes, 0), share) as Matrix,
    negatives: tf.mul(
      tf.slice(tf.transpose(negativeSlopes as Matrix), [1, 0], [columns - 1, dim]),
      share,
    ) as Matrix,
  };
}

interface ChunkSlopes extends Record<string, tf.Tensor> {
  loss: tf.Scalar;
  queries: Matrix;
  positives: Matrix;
  /** [dim, 1 + negatives] */
  negatives: Matrix;
}

function ofChunk(input: {
  readonly queries: Matrix;
  readonly positives: Matrix;
  readonly hits: Matrix;
  readonly padded: Matrix;
  readonly transposed: Matrix;
}): ChunkSlopes {
  const { queries, positives, hits, padded, transposed } = input;
  const own = tf.sum(tf.mul(queries, positives), 1, true) as Matrix;
  const shares = tf.softmax(tf.concat([own, tf.matMul(queries, transposed)], 1)) as Matrix;
  const ownShare = tf.slice(shares, [0, 0], [queries.shape[0], 1]);
  // Without its accidental hit a row's denominator is smaller by one own share.
  const rescale = tf.div(1, tf.sub(1, tf.mul(hits, ownShare))) as Matrix;
  const trueShare = tf.mul(ownShare, rescale);
  const ownSlope = tf.sub(tf.mul(trueShare, tf.sub(1, hits)), 1);
  return {
    loss: tf.neg(tf.sum(tf.log(tf.maximum(trueShare, 1e-30)))) as tf.Scalar,
    queries: tf.add(tf.mul(tf.matMul(shares, padded), rescale), tf.mul(positives, ownSlope)) as Matrix,
    positives: tf.mul(queries, ownSlope) as Matrix,
    negatives: tf.matMul(tf.transpose(tf.mul(queries, rescale)) as Matrix, shares),
  };
}
