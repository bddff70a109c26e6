/**
 * Okabe and Ito's colours (2008), which people with any colour vision tell apart, in an order of falling contrast;
 * lightened where the page is dark. Lines differ in dashes too, so that a print in grey can be read.
 */
export const SERIES_COLOURS = [
  { light: '#0072b2', dark: '#4fb3f0', dashes: '' },
  { light: '#d55e00', dark: '#ff8a3d', dashes: '7 4' },
  { light: '#009e73', dark: '#2fcf9f', dashes: '2 3' },
  { light: '#b5568e', dark: '#e69ac6', dashes: '9 3 2 3' },
  { light: '#c98a00', dark: '#f2b93b', dashes: '4 2' },
  { light: '#3f9bd1', dark: '#8fd0f5', dashes: '12 4' },
  { light: '#5f5f5f', dark: '#b8b8b8', dashes: '1 4' },
  { light: '#7a5ba8', dark: '#b79ae0', dashes: '6 2 1 2 1 2' },
] as const;

export const seriesClass = (index: number): string => `series-${index % SERIES_COLOURS.length}`;

/** Custom properties and series rules for a page's style sheet. */
export const paletteVariables = (mode: 'light' | 'dark'): string =>
  SERIES_COLOURS.map((colour, index) => `--series-${index}: ${colour[mode]};`).join(' ');

export const paletteRules = (): string =>
  SERIES_COLOURS.map(
    ({ dashes }, index) =>
      `.series-${index} { --colour: var(--series-${index});${dashes ? ` --dashes: ${dashes};` : ''} }`,
  ).join('\n');
