/** How serious a finding is: fine, works but not well, does not work. */
export type Level = 'OK' | 'WARN' | 'FAIL';

/** What one look has found. */
export interface Finding {
  readonly subject: string;
  readonly level: Level;
  readonly detail: string;
  /** What to do about it; present unless all is well. */
  readonly remedy?: string;
}

export const fine = (subject: string, detail: string): Finding => ({ subject, level: 'OK', detail });
export const warning = (subject: string, detail: string, remedy: string): Finding => ({
  subject,
  level: 'WARN',
  detail,
  remedy,
});
export const failure = (subject: string, detail: string, remedy: string): Finding => ({
  subject,
  level: 'FAIL',
  detail,
  remedy,
});
