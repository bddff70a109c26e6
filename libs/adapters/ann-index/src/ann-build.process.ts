import { invariant } from '@winnow/domain';
import type { BuilderReply, BuilderRequest } from './build-protocol';
import { ShardBuilder } from './shard-builder';

/** A child process that builds one shard: minutes of native work that must not block, or take down, its parent. */
function main(): void {
  invariant(process.send, 'runs as a child process with a channel to its parent');
  const send = (reply: BuilderReply): void => void process.send?.(reply);
  const builder = new ShardBuilder();
  process.on('message', (request: BuilderRequest) => {
    void builder
      .answer(request, (rowCount) => send({ kind: 'progress', rowCount }))
      .then((reply) => send(reply));
  });
  // Without this, a builder whose parent was killed would go on for minutes.
  process.on('disconnect', () => process.exit(1));
}

main();
