import { homeFolders, loadDescription, runProcess } from '@winnow/platform';
import { startEventCollector } from './composition-root';
import { eventCollectorSettings } from './config.schema';

await runProcess({
  name: 'event-collector',
  settings: eventCollectorSettings,
  start: async ({ settings, logger, registry, setReadiness }) =>
    startEventCollector({
      ...settings,
      description: await loadDescription(settings.configPath),
      eventLogFolder: homeFolders(settings.home).eventLog,
      logger,
      registry,
      onReady: (ready) =>
        setReadiness({
          ready,
          detail: ready ? `roles ${settings.roles.join(', ')}` : 'Redis does not answer',
        }),
    }),
});
