import { runProcess } from '@winnow/platform';
import { startOrchestrator } from './composition-root';
import { orchestratorSettings } from './config.schema';

await runProcess({ name: 'orchestrator', settings: orchestratorSettings, start: startOrchestrator });
