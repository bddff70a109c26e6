import { readFile } from 'node:fs/promises';
import type { Description } from '@winnow/domain';
import type {
  HalvingSettings,
  SamplerName,
  SearchParameter,
  SettingValue,
  TrialSettings,
  TuningStage,
} from '@winnow/tuning';
import { parse } from 'yaml';
import { ConfigError } from './config-error';
import { isTowerSetting, RANKER_PARAMETERS, TOWER_PARAMETERS } from './default-search-space';
import type { CheckViolation } from './check-violation';
import { descriptionSchema } from './description-schema';
import { loadDescription, parseDescription, schemaNodesAt, violationsIn } from './load-description';
import { changeSettings, settingPathOf, valueAtPath } from './settings-text';
import { tuningSchema } from './tuning-schema';
import type { TuningFile } from './tuning-schema';

/** What `winnow tune` reads from a winnow.yaml. */
export interface TuningSetup {
  readonly text: string;
  readonly description: Description;
  readonly sampler: SamplerName;
  readonly halving: HalvingSettings;
  readonly space: readonly SearchParameter[];
  /** What the file says now, or leaves to its defaults. */
  readonly defaults: TrialSettings;
  /** Parameters of the file that the stage does not read. */
  readonly ignored: readonly string[];
}

type Parameter = NonNullable<TuningFile['parameters']>[string];

/**
 * Reads the search space of a winnow.yaml, or takes the default one of the stage.
 *
 * @throws ConfigError with every violation: of the file, and of the space where values would make no valid file.
 */
export function parseTuning(text: string, source: string, stage: TuningStage): TuningSetup {
  const description = parseDescription(text, source);
  const file = descriptionSchema.parse(parse(text));
  const tuning = file.tuning ?? tuningSchema.parse({});
  const named = Object.entries(tuning.parameters ?? defaultParameters(stage));
  const present = tuning.parameters
    ? named
    : named.filter(([path]) => isSettingValue(valueAtPath(file, settingPathOf(path))));
  const violations = present.flatMap(([path, parameter]) => violationsOf({ text, file, path, parameter }));
  const used = present.filter(([path]) => readBy(stage, path));
  if (used.length === 0)
    violations.push({
      path: ['tuning', 'parameters'],
      message: `has nothing that --stage ${stage} reads: add a parameter, or remove the list for the default one`,
    });
  if (violations.length > 0) throw violationsIn(text, source, violations);
  const { sampler, halving } = tuning;
  return {
    ...{ text, description, sampler, halving },
    space: used.map(([path, parameter]) => searchParameter(path, parameter)),
    defaults: Object.fromEntries(
      used.map(([path]) => [path, valueAtPath(file, settingPathOf(path)) as SettingValue]),
    ),
    ignored: present.filter(([path]) => !readBy(stage, path)).map(([path]) => path),
  };
}

/** @throws ConfigError as {@link parseTuning} does, and when the file cannot be read. */
export async function loadTuning(path: string, stage: TuningStage): Promise<TuningSetup> {
  // For its errors about files.
  await loadDescription(path);
  return parseTuning(await readFile(path, 'utf8'), path, stage);
}

/** The description that a trial's settings make of a winnow.yaml. */
export const describeTrial = (text: string, source: string, settings: TrialSettings): Description =>
  parseDescription(changeSettings(text, settings), source);

const defaultParameters = (stage: TuningStage): Readonly<Record<string, Parameter>> => ({
  ...(stage === 'rankers' ? {} : TOWER_PARAMETERS),
  ...(stage === 'two-tower' ? {} : RANKER_PARAMETERS),
});

const readBy = (stage: TuningStage, path: string): boolean =>
  stage === 'funnel' || isTowerSetting(path) === (stage === 'two-tower');

const isSettingValue = (value: unknown): value is SettingValue =>
  ['number', 'string', 'boolean'].includes(typeof value);

const isWhole = (path: string): boolean =>
  schemaNodesAt(settingPathOf(path)).some(({ type }) => type === 'integer');

function searchParameter(path: string, parameter: Parameter): SearchParameter {
  if ('choices' in parameter) return { kind: 'choice', path, choices: parameter.choices };
  return { kind: 'number', path, ...parameter, whole: isWhole(path) };
}

interface ParameterCheck {
  readonly text: string;
  readonly file: unknown;
  readonly path: string;
  readonly parameter: Parameter;
}

function violationsOf(check: ParameterCheck): CheckViolation[] {
  const { file, path, parameter } = check;
  const at = ['tuning', 'parameters', path];
  if (schemaNodesAt(settingPathOf(path)).length === 0)
    return [{ path: at, message: 'is no setting: see schema/winnow.schema.json for what there is' }];
  if (!isSettingValue(valueAtPath(file, settingPathOf(path))))
    return [{ path: at, message: 'has no value to start from: give it one in this file' }];
  if ('choices' in parameter) {
    const twice = new Set(parameter.choices).size < parameter.choices.length;
    return [
      ...(twice ? [{ path: [...at, 'choices'], message: 'names a choice twice: remove one' }] : []),
      ...parameter.choices.flatMap((value, index) =>
        valueViolations(check, value, [...at, 'choices', index]),
      ),
    ];
  }
  const { low, high, scale } = parameter;
  const violations = [
    ...valueViolations(check, low, [...at, 'low']),
    ...valueViolations(check, high, [...at, 'high']),
  ];
  if (low >= high)
    violations.push({ path: [...at, 'low'], message: `must be below high, which is ${high}; is ${low}` });
  if (scale === 'log' && low <= 0)
    violations.push({ path: [...at, 'low'], message: `must be above 0 on a log scale; is ${low}` });
  return violations;
}

/** What the file would complain of at this setting if it had the value; what it says elsewhere may change with others. */
function valueViolations(
  { text, path }: ParameterCheck,
  value: SettingValue,
  at: CheckViolation['path'],
): CheckViolation[] {
  try {
    parseDescription(changeSettings(text, { [path]: value }), '');
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const wanted = path.replace(/\.(\d+)(?=\.|$)/g, '[$1]');
    return thrown.violations
      .filter((violation) => violation.path === wanted)
      .map(({ message }) => ({ path: at, message }));
  }
}
