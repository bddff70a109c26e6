import { InMemoryOnlineStore } from '../fakes/online-store';
import { describeOnlineStore } from './online-store';
import { describeCatalog } from './online-store-catalog';
import { describeEventStream } from './online-store-event-stream';
import { SAMPLE_EVENT_TYPES } from './online-store-subject';

const make = async (): Promise<InMemoryOnlineStore> =>
  new InMemoryOnlineStore({ description: { events: SAMPLE_EVENT_TYPES } });

describeOnlineStore('in memory', make);
describeEventStream('in memory', make);
describeCatalog('in memory', make);
