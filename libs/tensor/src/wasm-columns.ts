/**
 * Copies of matrices side by side, row-major: TF.js' wasm kernels make two views for every row of every part, which costs
 * more than copying the narrow matrices that networks join and cut.
 */
export interface ColumnPart {
  readonly values: Float32Array;
  readonly columnCount: number;
}

/** `[rows, Σ columns]` out of parts with the same rows. O(values). */
export function joinColumns(parts: readonly ColumnPart[], joined: Float32Array): void {
  forEachPart(parts, (part, from, width) => {
    const { values, columnCount } = part;
    for (let index = 0, at = from; index < values.length; at += width - columnCount)
      for (let column = 0; column < columnCount; column += 1) joined[at++] = values[index++];
  });
}

/** Fills parts from `[rows, Σ columns]`: what {@link joinColumns} joined. O(values). */
export function cutColumns(joined: Float32Array, parts: readonly ColumnPart[]): void {
  forEachPart(parts, (part, from, width) => {
    const { values, columnCount } = part;
    for (let index = 0, at = from; index < values.length; at += width - columnCount)
      for (let column = 0; column < columnCount; column += 1) values[index++] = joined[at++];
  });
}

function forEachPart(
  parts: readonly ColumnPart[],
  visit: (part: ColumnPart, from: number, width: number) => void,
): void {
  const width = parts.reduce((sum, { columnCount }) => sum + columnCount, 0);
  let from = 0;
  for (const part of parts) {
    visit(part, from, width);
    from += part.columnCount;
  }
}

/** Sums of the columns of `[rows, columns]`, in 32 bits as the backend adds. O(values). */
export function sumColumns(x: Float32Array, sums: Float32Array): void {
  const columns = sums.length;
  sums.fill(0);
  for (let index = 0; index < x.length;)
    for (let column = 0; column < columns; column += 1) sums[column] += x[index++];
}
