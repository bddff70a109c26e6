import type { CommandContext } from '../context';
import type { Settings } from '../config.schema';

/** Users to ask for. */
export async function someUserIds(_settings: Settings, _context: CommandContext): Promise<readonly string[]> {
  return ['u000000'];
}
