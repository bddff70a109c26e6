import { parseArgs } from 'node:util';

type Defaults = Readonly<Record<string, number | string | boolean>>;
/** As the command line may change it: 5 is a number. */
type Changed<Value> = Value extends number ? number : Value extends boolean ? boolean : string;

/**
 * What the command line says of a bench's options; each is of its default's kind, and an empty text is one that is not
 * given. `--help` prints them all; one that is unknown, or no number where one belongs, ends the process with 2.
 */
export function benchOptions<Given extends Defaults>(
  defaults: Given,
): { readonly [Name in keyof Given]: Changed<Given[Name]> } {
  if (process.argv.includes('--help')) {
    console.log(helpText(defaults));
    process.exit(0);
  }
  try {
    return read(defaults);
  } catch (thrown) {
    console.error(`${(thrown as Error).message}\n${helpText(defaults)}`);
    process.exit(2);
  }
}

function read<Given extends Defaults>(
  defaults: Given,
): { readonly [Name in keyof Given]: Changed<Given[Name]> } {
  const { values } = parseArgs({
    options: Object.fromEntries(
      Object.entries(defaults).map(([name, value]) => [
        name,
        { type: typeof value === 'boolean' ? 'boolean' : 'string' } as const,
      ]),
    ),
  });
  const changed = Object.entries(defaults).map(([name, value]) => {
    const given = values[name] ?? value;
    if (typeof value !== 'number') return [name, given];
    const number = Number(given);
    if (given === '' || !Number.isFinite(number))
      throw new RangeError(`--${name} must be a number, is ${given}`);
    return [name, number];
  });
  return Object.fromEntries(changed) as { readonly [Name in keyof Given]: Changed<Given[Name]> };
}

const helpText = (defaults: Defaults): string =>
  [
    '\noptions:',
    ...Object.entries(defaults).map(([name, value]) => {
      const known = typeof value === 'boolean' || value === '' ? '' : `  (default ${value})`;
      return `  --${name}${typeof value === 'boolean' ? '' : ` <${typeof value === 'number' ? 'n' : 'text'}>`}${known}`;
    }),
  ].join('\n');
