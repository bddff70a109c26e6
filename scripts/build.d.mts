/** Output name in dist/ → source file. */
export const entryPoints: Readonly<Record<string, string>>;
/** Bundles every entry that exists into dist/. */
export function buildAll(options?: { readonly quiet?: boolean }): Promise<void>;
