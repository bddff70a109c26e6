/** Unchanged lines shown around a change. */
const CONTEXT = 2;

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** What changed between two texts, line by line, as `diff -u` shows it without its headers; empty when nothing did. O(n·m). */
export function lineDiff(before: string, after: string): string {
  const lines = alignedLines(before.split('\n'), after.split('\n'));
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  return lines
    .flatMap(({ mark, text }, index) => {
      if (near[index]) return [`${mark} ${text}`.trimEnd()];
      return index > 0 && near[index - 1] ? ['…'] : [];
    })
    .join('\n')
    .replace(/\n…$/, '');
}

/** By the longest common subsequence. */
function alignedLines(before: readonly string[], after: readonly string[]): Line[] {
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let left = before.length - 1; left >= 0; left -= 1)
    for (let right = after.length - 1; right >= 0; right -= 1)
      common[left][right] =
        before[left] === after[right]
          ? common[left + 1][right + 1] + 1
          : Math.max(common[left + 1][right], common[left][right + 1]);
  const lines: Line[] = [];
  let [left, right] = [0, 0];
  while (left < before.length || right < after.length) {
    if (left < before.length && right < after.length && before[left] === after[right]) {
      lines.push({ mark: ' ', text: before[left] });
      left += 1;
      right += 1;
    } else if (
      left < before.length &&
      (right >= after.length || common[left + 1][right] >= common[left][right + 1])
    ) {
      lines.push({ mark: '-', text: before[left] });
      left += 1;
    } else {
      lines.push({ mark: '+', text: after[right] });
      right += 1;
    }
  }
  return lines;
}
