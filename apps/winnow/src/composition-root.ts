import { join } from 'node:path';
import { createFileModelRegistry, type ModelRegistry } from '@winnow/model-registry';
import type { Settings } from './config.schema';

/** The registry in the home; made when it is missing. */
export const openRegistry = (settings: Settings): ModelRegistry =>
  createFileModelRegistry({ folder: join(settings.home, 'registry') });
