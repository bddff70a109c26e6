/** What a setting of winnow.yaml can be. */
export type SettingValue = number | string | boolean;

/** Values by dotted path in winnow.yaml: `training.twoTower.learningRate`. */
export type TrialSettings = Readonly<Record<string, SettingValue>>;

/** A number between two bounds, both included. */
export interface NumberParameter {
  readonly kind: 'number';
  readonly path: string;
  readonly low: number;
  readonly high: number;
  /** `log`: as many trials between 0.001 and 0.01 as between 0.01 and 0.1. */
  readonly scale: 'linear' | 'log';
  readonly whole: boolean;
}

/** One of a few values, without an order. */
export interface ChoiceParameter {
  readonly kind: 'choice';
  readonly path: string;
  readonly choices: readonly SettingValue[];
}

/** One setting that is searched for. */
export type SearchParameter = NumberParameter | ChoiceParameter;

/**
 * A place in the space, one coordinate a parameter: numbers lie in [0, 1], choices are indexes. NaN where a value is not
 * in the space.
 */
export type Point = readonly number[];

/** People read and edit what is tried; a fourth digit never decided anything. */
const SIGNIFICANT_DIGITS = 3;
/** Whole numbers at the ends get as much room as those between. */
const HALF = 0.5;

/** The value at a coordinate: whole numbers are whole, others have three significant digits. */
export function valueAt(parameter: SearchParameter, coordinate: number): SettingValue {
  if (parameter.kind === 'choice') return parameter.choices[coordinate];
  const { low, high, whole } = parameter;
  const [from, to] = transformedEnds(parameter);
  const transformed = from + (to - from) * coordinate;
  const raw = parameter.scale === 'log' ? Math.exp(transformed) : transformed;
  const rounded = whole ? Math.round(raw) : Number(raw.toPrecision(SIGNIFICANT_DIGITS));
  return Math.min(high, Math.max(low, rounded));
}

/** The coordinate of a value: numbers beyond the bounds are taken as the bound, unknown choices are NaN. */
export function coordinateOf(parameter: SearchParameter, value: SettingValue): number {
  if (parameter.kind === 'choice') {
    const index = parameter.choices.indexOf(value);
    return index < 0 ? NaN : index;
  }
  if (typeof value !== 'number') return NaN;
  const within = Math.min(parameter.high, Math.max(parameter.low, value));
  const [from, to] = transformedEnds(parameter);
  return ((parameter.scale === 'log' ? Math.log(within) : within) - from) / (to - from);
}

function transformedEnds({ low, high, scale, whole }: NumberParameter): readonly [number, number] {
  const [from, to] = whole ? [low - HALF, high + HALF] : [low, high];
  return scale === 'log' ? [Math.log(from), Math.log(to)] : [from, to];
}

/** The settings at a point, by path. */
export const settingsAt = (space: readonly SearchParameter[], point: Point): TrialSettings =>
  Object.fromEntries(space.map((parameter, index) => [parameter.path, valueAt(parameter, point[index])]));

/** The point of settings, by {@link coordinateOf}. */
export const pointOf = (space: readonly SearchParameter[], settings: TrialSettings): Point =>
  space.map((parameter) => coordinateOf(parameter, settings[parameter.path]));
