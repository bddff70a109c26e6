import { overriddenParameters, surfaceVariants, type SurfaceVariant } from '@winnow/experiments';
import {
  HOLDOUT,
  type Description,
  type ExperimentDescription,
  type ExperimentsDescription,
} from '@winnow/domain';
import type { CheckViolation } from './check-violation';
import { suggestName } from './nearest-name';
import { surfaceViolations } from './surface-checks';

/** Ways in which arms may meet on one surface: each is checked here, and runs as a funnel of its own. */
const VARIANTS_MAX = 256;
const ARMS_MIN = 2;

type Path = CheckViolation['path'];

const pathOf = ({ layer, name }: Pick<ExperimentDescription, 'layer' | 'name'>): Path => [
  'experiments',
  'layers',
  layer,
  name,
];

/** Everything that would make an experiment mean less than it says, and every arm whose surface would not be valid. */
export function checkExperiments(description: Description): readonly CheckViolation[] {
  const { experiments } = description;
  if (experiments === undefined) return [];
  return [
    ...experiments.experiments.flatMap((one) => [
      ...nameViolations(one, experiments),
      ...trafficViolations(one, experiments),
      ...armViolations(one, description),
    ]),
    ...parameterViolations(experiments),
    ...variantViolations(description, experiments),
  ];
}

function nameViolations(
  one: ExperimentDescription,
  { experiments }: ExperimentsDescription,
): CheckViolation[] {
  if (one.name === HOLDOUT)
    return [{ path: pathOf(one), message: `"${HOLDOUT}" is the permanent holdout: choose another name` }];
  const first = experiments.find(({ name }) => name === one.name);
  return first === one || first === undefined
    ? []
    : [
        {
          path: pathOf(one),
          message: `layer ${first.layer} has an experiment of this name: choose another one`,
        },
      ];
}

function trafficViolations(
  one: ExperimentDescription,
  { experiments }: ExperimentsDescription,
): CheckViolation[] {
  const path = [...pathOf(one), 'traffic'];
  const [from, to] = one.traffic;
  if (from >= to) return [{ path, message: `must be [from, to] with from < to; is [${from}, ${to}]` }];
  const earlier = experiments.slice(0, experiments.indexOf(one));
  return earlier
    .filter(
      ({ layer, traffic }) => layer === one.layer && Math.max(traffic[0], from) < Math.min(traffic[1], to),
    )
    .map(({ name, traffic }) => ({
      path,
      message: `overlaps [${traffic[0]}, ${traffic[1]}] of ${name}: experiments of one layer share no user`,
    }));
}

function armViolations(one: ExperimentDescription, { surfaces }: Description): CheckViolation[] {
  const names = surfaces.map(({ name }) => name);
  const path = [...pathOf(one), 'arms'];
  const violations: CheckViolation[] = [];
  if (one.arms.length < ARMS_MIN)
    violations.push({ path, message: `has ${one.arms.length}: add a control and what it is compared with` });
  if (one.arms.every((arm) => arm.release === undefined && arm.surfaces.length === 0))
    violations.push({ path, message: 'change nothing: give one of them surfaces or a release' });
  for (const arm of one.arms)
    for (const { surface } of arm.surfaces)
      if (!names.includes(surface))
        violations.push({
          path: [...path, arm.name, 'surfaces', surface],
          message: `there is no surface "${surface}": ${suggestName(surface, names)}`,
        });
  return violations;
}

/** A parameter belongs to one layer, else what one experiment measures hangs on another's arm. */
function parameterViolations({ experiments }: ExperimentsDescription): CheckViolation[] {
  const owners = new Map<string, string>();
  return experiments.flatMap((one) =>
    one.arms.flatMap((arm) => {
      const path = [...pathOf(one), 'arms', arm.name];
      const changes = [
        ...(arm.release === undefined ? [] : [{ parameter: 'release', path: [...path, 'release'] }]),
        ...arm.surfaces.flatMap(({ surface, override }) =>
          overriddenParameters(override).map((parameter) => ({
            parameter: `${surface}.${parameter}`,
            path: [...path, 'surfaces', surface, ...parameter.split('.')],
          })),
        ),
      ];
      return changes.flatMap((change) => {
        const owner = owners.get(change.parameter) ?? one.layer;
        owners.set(change.parameter, owner);
        if (owner === one.layer) return [];
        return [
          {
            path: change.path,
            message: `layer ${owner} changes it, too: move one experiment into the other's layer`,
          },
        ];
      });
    }),
  );
}

function variantViolations(
  { surfaces, items }: Description,
  experiments: ExperimentsDescription,
): CheckViolation[] {
  return surfaces.flatMap((surface) => {
    const plain = new Set(surfaceViolations(surface, [], items.attributes).map(({ path }) => path.join('.')));
    /** By the path within the surface: which single arms are at fault already. */
    const ofArms = new Set<string>();
    const violations: CheckViolation[] = [];
    let count = 0;
    for (const variant of surfaceVariants(surface, experiments)) {
      count += 1;
      if (count > VARIANTS_MAX)
        return [
          {
            path: ['experiments', 'layers'],
            message: `make more than ${VARIANTS_MAX} variants of surface ${surface.name}: end an experiment first`,
          },
        ];
      for (const { path, message } of surfaceViolations(variant.surface, [], items.attributes)) {
        const place = path.join('.');
        const blamed = variant.arms.some(({ experiment, arm }) =>
          ofArms.has(`${experiment}=${arm} ${place}`),
        );
        if (plain.has(place) || blamed) continue;
        if (variant.arms.length === 1) ofArms.add(`${variant.name} ${place}`);
        violations.push(violationOf(variant, path, message));
      }
    }
    return violations;
  });
}

function violationOf({ arms, surface }: SurfaceVariant, path: Path, message: string): CheckViolation {
  const { layer, experiment, arm } = arms[arms.length - 1];
  const met = arms.slice(0, -1).map((one) => `${one.experiment}=${one.arm}`);
  return {
    path: ['experiments', 'layers', layer, experiment, 'arms', arm, 'surfaces', surface.name, ...path],
    message: met.length > 0 ? `together with ${met.join(' and ')}: ${message}` : message,
  };
}
