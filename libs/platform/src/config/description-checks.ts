import { ATTRIBUTE_TYPES, IMPRESSION, type AttributeType, type Description } from '@winnow/domain';
import { attributeReferenceViolation, type CheckViolation } from './check-violation';
import { cronGapsMs, cronViolation } from './cron';
import { checkExperiments } from './experiment-checks';
import { suggestName } from './nearest-name';
import { surfaceViolations } from './surface-checks';

/** Event types are stored as one byte; the last value means "none". */
const EVENT_TYPES_MAX = 255;
const OBJECTIVES_MAX = 16;

type Check = (description: Description) => readonly CheckViolation[];

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

const checkSurfaces: Check = ({ surfaces, items }) => [
  ...(surfaces.some((surface) => surface.name === 'home')
    ? []
    : [
        {
          path: ['surfaces'],
          message: 'must have "home", the surface of requests that name none: add home: {}',
        },
      ]),
  ...surfaces.flatMap((surface) => surfaceViolations(surface, ['surfaces', surface.name], items.attributes)),
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

/** Any year does. */
const SOME_DAY_MS = Date.UTC(2026, 0, 1);
const HOUR_MS = 3_600_000;

/** A release that comes before the one on trial is judged takes its place, and so none would ever be promoted. */
const checkCanary: Check = ({ retraining: { canary, cron } }) => {
  if (canary === undefined || cronViolation(cron) !== null) return [];
  const violations: CheckViolation[] = [];
  const { hoursMin, hoursMax } = canary;
  const gapHours = cronGapsMs(cron, SOME_DAY_MS).shortestMs / HOUR_MS;
  if (hoursMin > hoursMax)
    violations.push({
      path: ['retraining', 'canary', 'hoursMin'],
      message: `must be at most hoursMax, which is ${hoursMax}; is ${hoursMin}`,
    });
  if (hoursMax >= gapHours)
    violations.push({
      path: ['retraining', 'canary', 'hoursMax'],
      message: `must be below ${gapHours}, the hours between two runs of retraining.cron: the next release takes the canary's place`,
    });
  return violations;
};

/** Trainings read what is kept, and nothing tells them that a part of their window is gone. */
const checkRetention: Check = ({ eventLog, retraining: { windowDays } }) =>
  eventLog === undefined || eventLog.retentionDays >= windowDays
    ? []
    : [
        {
          path: ['eventLog', 'retentionDays'],
          message: `must be at least ${windowDays}, which is retraining.windowDays; is ${eventLog.retentionDays}`,
        },
      ];

/** Values of these make groups: each category, quarters of a number. */
const GROUPING_TYPES: readonly AttributeType[] = ['category', 'categories', 'number', 'timestamp'];

/** Names of attributes under `itemGroups` and `userGroups` of a section. */
const groupViolations = (
  { items, users }: Description,
  path: readonly string[],
  groups?: { readonly itemGroups: readonly string[]; readonly userGroups: readonly string[] },
): CheckViolation[] =>
  [
    { key: 'itemGroups', names: groups?.itemGroups ?? [], known: items.attributes, owner: 'item' },
    { key: 'userGroups', names: groups?.userGroups ?? [], known: users.attributes, owner: 'user' },
  ].flatMap(({ key, names, known, owner }) =>
    names.flatMap((name, index) =>
      attributeReferenceViolation([...path, key, index], name, known, GROUPING_TYPES, owner),
    ),
  );

const checkFairness: Check = (description) =>
  groupViolations(description, ['fairness'], description.fairness);

const checkGate: Check = (description) => {
  const { slices, behaviour } = description.retraining.gate;
  const path = ['retraining', 'gate'];
  return [
    ...groupViolations(description, [...path, 'slices'], slices),
    ...behaviour.irrelevantAttributes.flatMap((name, index) =>
      attributeReferenceViolation(
        [...path, 'behaviour', 'irrelevantAttributes', index],
        name,
        description.users.attributes,
        ATTRIBUTE_TYPES,
        'user',
      ),
    ),
  ];
};

const CHECKS: readonly Check[] = [
  checkTitle,
  checkEvents,
  checkObjectives,
  checkSurfaces,
  checkSchedule,
  checkFairness,
  checkGate,
  checkCanary,
  checkRetention,
  checkExperiments,
];

/** Everything that the fields' own types cannot say. */
export const checkDescription = (description: Description): readonly CheckViolation[] =>
  CHECKS.flatMap((check) => check(description));
