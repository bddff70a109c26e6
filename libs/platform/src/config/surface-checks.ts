import { parse as parseCel } from '@bufbuild/cel';
import { reasonOf, type AttributeDefinition, type SurfaceDescription } from '@winnow/domain';
import { attributeReferenceViolation, type CheckViolation } from './check-violation';

type Path = CheckViolation['path'];

/** Everything that is wrong with a surface which stands, or would stand, at a path. */
export const surfaceViolations = (
  surface: SurfaceDescription,
  base: Path,
  itemAttributes: readonly AttributeDefinition[],
): readonly CheckViolation[] => [
  ...budgetViolations(surface, base),
  ...(surface.sources.length > 0
    ? []
    : [{ path: [...base, 'sources'], message: 'is empty: add a source with its quota' }]),
  ...rerankerViolations(surface, base, itemAttributes),
  ...expressionViolations(surface, base),
];

function budgetViolations({ budgets, deadlineMs }: SurfaceDescription, base: Path): CheckViolation[] {
  const totalMs = Object.values(budgets).reduce((sum, budgetMs) => sum + budgetMs, 0);
  if (totalMs <= deadlineMs) return [];
  return [
    {
      path: [...base, 'budgets'],
      message: `add up to ${totalMs} ms, more than the deadline of ${deadlineMs} ms: lower them or raise deadlineMs`,
    },
  ];
}

function rerankerViolations(
  surface: SurfaceDescription,
  base: Path,
  known: readonly AttributeDefinition[],
): CheckViolation[] {
  return surface.rerankers.flatMap((reranker, index) => {
    const path = [...base, 'rerankers', index];
    const attribute = [...path, 'attribute'];
    const violations: CheckViolation[] = [];
    if (reranker.kind === 'new-items') {
      if (reranker.slots >= reranker.window)
        violations.push({
          path: [...path, 'slots'],
          message: `leaves nothing to others, since the window is ${reranker.window}: lower slots or raise window`,
        });
      return violations;
    }
    if ('positions' in reranker) return explorationViolations(surface, index, path);
    if (reranker.attribute !== undefined)
      violations.push(
        ...attributeReferenceViolation(attribute, reranker.attribute, known, ['category', 'categories']),
      );
    if (reranker.kind === 'mmr' && reranker.by === 'attribute' && reranker.attribute === undefined)
      violations.push({ path, message: 'by: attribute needs the attribute’s name: add attribute' });
    if (reranker.kind === 'mmr' && reranker.by === 'vector' && reranker.attribute !== undefined)
      violations.push({ path: attribute, message: 'has no effect with by: vector: set by: attribute' });
    if (reranker.kind === 'cap' && reranker.countMax >= reranker.window)
      violations.push({
        path: [...path, 'countMax'],
        message: `never bites, since the window is ${reranker.window}: lower countMax or raise window`,
      });
    return violations;
  });
}

function expressionViolations({ filters }: SurfaceDescription, base: Path): CheckViolation[] {
  if (filters.expression === undefined) return [];
  try {
    parseCel(filters.expression);
    return [];
  } catch (thrown) {
    return [{ path: [...base, 'filters', 'expression'], message: `is not CEL: ${reasonOf(thrown)}` }];
  }
}

/** Chance comes last and works its way down: whatever moves items afterwards would make the propensities untrue. */
function explorationViolations(
  { rerankers }: SurfaceDescription,
  index: number,
  path: Path,
): CheckViolation[] {
  const reranker = rerankers[index];
  if (!('positions' in reranker)) return [];
  const ascending = reranker.positions.every((one, at, all) => at === 0 || one > all[at - 1]);
  const earlier = rerankers.slice(0, index).flatMap((one) => ('positions' in one ? one.positions : []));
  const next = rerankers.at(index + 1);
  return [
    ...(ascending ? [] : [{ path: [...path, 'positions'], message: 'must be in ascending order' }]),
    ...(earlier.every((one) => one < reranker.positions[0])
      ? []
      : [
          {
            path: [...path, 'positions'],
            message: `must come after those of the exploration above it, up to ${Math.max(...earlier)}`,
          },
        ]),
    ...(next && !('positions' in next)
      ? [{ path, message: `stands before ${next.kind}, which would move what was drawn: put it last` }]
      : []),
  ];
}
