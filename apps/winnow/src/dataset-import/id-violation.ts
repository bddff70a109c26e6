import { ID_LENGTH_MAX } from '@winnow/domain';

/** Why a text cannot be an id; null when it can. */
export function idViolation(id: string): string | null {
  if (id === '') return 'is empty';
  return id.length > ID_LENGTH_MAX ? `is longer than ${ID_LENGTH_MAX} characters` : null;
}
