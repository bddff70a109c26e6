import { parse as parseCel } from '@bufbuild/cel';
import type { AttributeDefinition, AttributeType, Description, SurfaceDescription } from '@winnow/domain';
import { reasonOf } from '@winnow/domain';
import { cronViolation } from './cron';
import { suggestName } from './nearest-name';

/** Event types are stored as one byte; the last value means "none". */
const EVENT_TYPES_MAX = 255;
const OBJECTIVES_MAX = 16;
/** The collector keeps this name for "the client showed it". */
const IMPRESSION = 'impression';

/** A violation by path segments, before it has a line. */
export interface CheckViolation {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Check = (description: Description) => readonly CheckViolation[];

function attributeReferenceViolation(
  path: readonly (string | number)[],
  name: string,
  known: readonly AttributeDefinition[],
  types: readonly AttributeType[],
  owner = 'item',
): CheckViolation[] {
  const definition = known.find((attribute) => attribute.name === name);
  if (!definition) {
    const names = known.map((attribute) => attribute.name);
    return [{ path, message: `there is no ${owner} attribute "${name}": ${suggestName(name, names)}` }];
  }
  if (types.includes(definition.type)) return [];
  return [
    { path, message: `"${name}" is of type ${definition.type}; name one of type ${types.join(' or ')}` },
  ];
}

const checkTitle: Check = ({ items }) =>
  items.titleAttribute === undefined
    ? []
    : attributeReferenceViolation(['items', 'title'], items.titleAttribute, items.attributes, ['text']);

const checkEvents: Check = ({ events }) => {
  const violations: CheckViolation[] = [];
  if (!events.some((event) => event.sentiment === 'positive'))
    violations.push({ path: ['events'], message: 'at least one event must have sentiment: positive' });
  if (events.length > EVENT_TYPES_MAX)
    violations.push({ path: ['events'], message: `has ${events.length} types; ${EVENT_TYPES_MAX} at most` });
  if (events.some((event) => event.name === IMPRESSION))
    violations.push({ path: ['events', IMPRESSION], message: 'is built in: remove it, and track it freely' });
  for (const event of events)
    if (event.sentiment !== 'positive' && event.value > 0)
      violations.push({
        path: ['events', event.name, 'value'],
        message: `only positive events make an item popular: remove it, or set sentiment: positive`,
      });
  return violations;
};

const checkObjectives: Check = ({ objectives, events }) => {
  const names = events.map((event) => event.name);
  const violations: CheckViolation[] = objectives
    .filter((objective) => !names.includes(objective.event))
    .map(({ head, event }) => ({
      path: ['objectives', head, 'event'],
      message: `there is no event "${event}": ${suggestName(event, names)}`,
    }));
  if (!objectives.some((objective) => objective.weight > 0))
    violations.push({ path: ['objectives'], message: 'at least one objective must have a weight above 0' });
  if (objectives.length > OBJECTIVES_MAX)
    violations.push({ path: ['objectives'], message: `has ${objectives.length}; ${OBJECTIVES_MAX} at most` });
  return violations;
};

function checkBudgets({ name, budgets, deadlineMs }: SurfaceDescription): CheckViolation[] {
  const totalMs = Object.values(budgets).reduce((sum, budgetMs) => sum + budgetMs, 0);
  if (totalMs <= deadlineMs) return [];
  return [
    {
      path: ['surfaces', name, 'budgets'],
      message: `add up to ${totalMs} ms, more than the deadline of ${deadlineMs} ms: lower them or raise deadlineMs`,
    },
  ];
}

function checkRerankers(
  surface: SurfaceDescription,
  known: readonly AttributeDefinition[],
): CheckViolation[] {
  return surface.rerankers.flatMap((reranker, index) => {
    const path = ['surfaces', surface.name, 'rerankers', index];
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

function checkExpression({ name, filters }: SurfaceDescription): CheckViolation[] {
  if (filters.expression === undefined) return [];
  try {
    parseCel(filters.expression);
    return [];
  } catch (thrown) {
    return [
      { path: ['surfaces', name, 'filters', 'expression'], message: `is not CEL: ${reasonOf(thrown)}` },
    ];
  }
}

const checkSurfaces: Check = ({ surfaces, items }) => [
  ...(surfaces.some((surface) => surface.name === 'home')
    ? []
    : [
        {
          path: ['surfaces'],
          message: 'must have "home", the surface of requests that name none: add home: {}',
        },
      ]),
  ...surfaces.flatMap((surface) => [
    ...checkBudgets(surface),
    ...(surface.sources.length > 0
      ? []
      : [{ path: ['surfaces', surface.name, 'sources'], message: 'is empty: add a source with its quota' }]),
    ...checkRerankers(surface, items.attributes),
    ...checkExpression(surface),
  ]),
];

const checkSchedule: Check = ({ retraining, training }) => {
  const violations: CheckViolation[] = [];
  const cron = cronViolation(retraining.cron);
  if (cron)
    violations.push({ path: ['retraining', 'cron'], message: `${cron}; daily at four is "0 4 * * *"` });
  const [fast, slow] = training.trendingHalfLifeHours;
  if (fast >= slow)
    violations.push({
      path: ['training', 'trendingHalfLifeHours'],
      message: `must be [fast, slow] with fast < slow; is [${fast}, ${slow}]`,
    });
  return violations;
};

/** Values of these make groups: each category, quarters of a number. */
const GROUPING_TYPES: readonly AttributeType[] = ['category', 'categories', 'number', 'timestamp'];

const checkFairness: Check = ({ fairness, items, users }) =>
  [
    { key: 'itemGroups', names: fairness?.itemGroups ?? [], known: items.attributes, owner: 'item' },
    { key: 'userGroups', names: fairness?.userGroups ?? [], known: users.attributes, owner: 'user' },
  ].flatMap(({ key, names, known, owner }) =>
    names.flatMap((name, index) =>
      attributeReferenceViolation(['fairness', key, index], name, known, GROUPING_TYPES, owner),
    ),
  );

const CHECKS: readonly Check[] = [
  checkTitle,
  checkEvents,
  checkObjectives,
  checkSurfaces,
  checkSchedule,
  checkFairness,
];

/** Everything that the fields' own types cannot say. */
export const checkDescription = (description: Description): readonly CheckViolation[] =>
  CHECKS.flatMap((check) => check(description));
