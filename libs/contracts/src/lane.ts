import type { CallHeader, CallStatus } from './generated/winnow/v1/serving';

/** What the messages of every lane have in common: a call of a unary method, as it goes. */
export interface LaneRequest<Request> {
  readonly header: CallHeader | undefined;
  readonly request: Request | undefined;
}

/** Its answer, as it comes. */
export interface LaneResponse<Response> {
  readonly status: CallStatus | undefined;
  readonly response: Response | undefined;
}
