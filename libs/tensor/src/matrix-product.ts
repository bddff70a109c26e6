import * as tf from '@tensorflow/tfjs-core';

/** left [rows, inner] · right [inner, columns] → [rows, columns], all row-major, on the backend that was chosen. */
export async function matrixProduct(
  left: Float32Array,
  right: Float32Array,
  { rows, inner, columns }: { readonly rows: number; readonly inner: number; readonly columns: number },
): Promise<Float32Array> {
  const product = tf.tidy(() =>
    tf.matMul(tf.tensor2d(left, [rows, inner]), tf.tensor2d(right, [inner, columns])),
  );
  try {
    return (await product.data()) as Float32Array;
  } finally {
    product.dispose();
  }
}
