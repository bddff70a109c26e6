import * as tf from '@tensorflow/tfjs-core';

type Matrix = tf.Tensor2D;
type Save = (tensors: tf.Tensor[]) => void;

const CHUNK_SIZE = 1 << 20;

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
  /** Logits that are held at a time; default 1 M (4 MB), because they are read thrice and a cache should hold them. */
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
  const count = queries.shape[0];
  const chunk = Math.max(1, Math.floor(chunkSize / negatives.shape[0]));
  const transposed = tf.transpose(negatives) as Matrix;
  const losses: tf.Scalar[] = [];
  const querySlopes: Matrix[] = [];
  const positiveSlopes: Matrix[] = [];
  let negativeSlopes: Matrix | null = null;
  for (let from = 0; from < count; from += chunk) {
    const size = Math.min(chunk, count - from);
    const part = (x: Matrix): Matrix => tf.slice(x, [from, 0], [size, x.shape[1]]);
    const slopes: ChunkSlopes = tf.tidy(() =>
      ofChunk({
        queries: part(queries),
        positives: part(positives),
        hits: part(hits),
        negatives,
        transposed,
      }),
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
    negatives: tf.mul(tf.transpose(negativeSlopes as Matrix), share) as Matrix,
  };
}

interface ChunkSlopes extends Record<string, tf.Tensor> {
  loss: tf.Scalar;
  queries: Matrix;
  positives: Matrix;
  /** [dim, negatives] */
  negatives: Matrix;
}

function ofChunk(input: {
  readonly queries: Matrix;
  readonly positives: Matrix;
  readonly hits: Matrix;
  readonly negatives: Matrix;
  readonly transposed: Matrix;
}): ChunkSlopes {
  const { queries, positives, hits, negatives, transposed } = input;
  const own = tf.sum(tf.mul(queries, positives), 1, true) as Matrix;
  const logits = tf.matMul(queries, transposed);
  const shares = tf.softmax(logits) as Matrix;
  // The positive never joins the wide matrix, whose copies would cost as much as a product: what the softmax divided by
  // is told by any row's largest logit and share.
  const logSum = tf.sub(tf.max(logits, 1, true), tf.log(tf.max(shares, 1, true)));
  const lead = tf.sub(own, logSum);
  const misses = tf.sub(1, hits);
  // An accidental hit already stands for the positive among the negatives.
  const ownShare = tf.add(tf.mul(misses, tf.sigmoid(lead)), tf.mul(hits, tf.exp(tf.minimum(lead, 0))));
  const ownShareApart = tf.mul(ownShare, misses);
  const rescale = tf.sub(1, ownShareApart);
  const ownSlope = tf.sub(ownShareApart, 1);
  return {
    loss: tf.neg(tf.sum(tf.log(tf.maximum(ownShare, 1e-30)))) as tf.Scalar,
    queries: tf.add(tf.mul(tf.matMul(shares, negatives), rescale), tf.mul(positives, ownSlope)) as Matrix,
    positives: tf.mul(queries, ownSlope) as Matrix,
    negatives: tf.matMul(tf.transpose(tf.mul(queries, rescale)) as Matrix, shares),
  };
}
