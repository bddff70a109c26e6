/** Levenshtein distance, O(|a|·|b|) time, one row of memory. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = previous[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column] + 1, current[column - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}

/** The known name that was probably meant; null when none is within `distanceMax` edits, a third of the letters by default. */
export function nearestName(
  name: string,
  known: readonly string[],
  distanceMax = Math.max(1, Math.floor(name.length / 3)),
): string | null {
  let nearest: string | null = null;
  let nearestDistance = distanceMax + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < nearestDistance) [nearest, nearestDistance] = [candidate, distance];
  }
  return nearest;
}

/** `did you mean "events"?`, or the whole choice when nothing is near. */
export function suggestName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== null) return `did you mean "${nearest}"?`;
  return known.length > 0 ? `choose one of: ${known.join(', ')}` : 'there is none yet';
}
