import { homeFolders, loadDescription, runProcess } from '@winnow/platform';
import { startCandidateGeneration } from './composition-root';
import { candidateGenerationSettings } from './config.schema';

await runProcess({
  name: 'candidate-generation',
  settings: candidateGenerationSettings,
  start: async ({ settings, logger, registry, setReadiness }) =>
    startCandidateGeneration({
      ...settings,
      description: await loadDescription(settings.configPath),
      registryFolder: homeFolders(settings.home).registry,
      logger,
      registry,
      onState: ({ ready, detail }) => setReadiness({ ready, detail }),
    }),
});
