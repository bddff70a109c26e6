import type { RankReply, RankRequest, RetrieveReply, RetrieveRequest } from '@winnow/domain';

/** What is wrong with a ranker's reply to this request; null when nothing is. O(candidates · heads). */
export function rankReplyViolation(request: RankRequest, reply: RankReply): string | null {
  const count = request.ordinals.length;
  if (reply.release !== request.release)
    return `answered from release ${reply.release}, asked for ${request.release}`;
  if (reply.scores.length !== count) return `${reply.scores.length} scores for ${count} candidates`;
  if (reply.headValues.length !== count * reply.heads.length)
    return `${reply.headValues.length} head values for ${count} candidates and ${reply.heads.length} heads`;
  const { features } = reply;
  if (features && features.values.length !== count * features.names.length)
    return `${features.values.length} feature values for ${count} candidates and ${features.names.length} features`;
  if (!allFinite(reply.scores)) return 'a score is not finite';
  return allFinite(reply.headValues) ? null : 'a head value is not finite';
}

/** What is wrong with a reply of candidate generation; null when nothing is. O(candidates). */
export function retrieveReplyViolation(request: RetrieveRequest, reply: RetrieveReply): string | null {
  if (reply.release !== request.release)
    return `answered from release ${reply.release}, asked for ${request.release}`;
  const wanted = new Map(request.sources.map(({ source, quota }) => [source, quota]));
  for (const { source, ordinals, scores } of reply.sources) {
    const quota = wanted.get(source);
    if (quota === undefined) return `source ${source} was not asked for`;
    if (ordinals.length > quota) return `source ${source}: ${ordinals.length} candidates, quota ${quota}`;
    if (ordinals.length !== scores.length)
      return `source ${source}: ${scores.length} scores for ${ordinals.length} candidates`;
    if (!allFinite(scores)) return `source ${source}: a score is not finite`;
  }
  return allFinite(reply.queryVector) ? null : 'the query vector is not finite';
}

function allFinite(values: Float32Array): boolean {
  for (let at = 0; at < values.length; at += 1) if (!Number.isFinite(values[at])) return false;
  return true;
}
