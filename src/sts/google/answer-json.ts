import type { StsResponse } from '../ask.ts'

/** About a token, and nobody else's to keep. */
export function answerJson(status: number, body: unknown): StsResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-store' },
    body: JSON.stringify(body),
  }
}
