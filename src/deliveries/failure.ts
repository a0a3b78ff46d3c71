import { MayflyError } from '../errors.ts'

/** What a program that asked in vain is told: one sentence, the next step, and a status its SDK reacts to. */
export interface Answer {
  readonly status: 400 | 503
  readonly code: string
  /** What happened, in one sentence. */
  readonly message: string
  readonly hint: string
}

/**
 * The same reason as in our log, for the body of a protocol's error. 503 while it may pass; 400 when the token
 * service refused, since SDKs retry a 503 for seconds and some show the body of a 4xx only (AWS JS v3 `fromHttp`).
 */
export function answerOf(error: unknown): Answer {
  if (!(error instanceof MayflyError))
    return {
      status: 503,
      code: 'INTERNAL',
      message: 'Mayfly failed in an unexpected way',
      hint: 'See its log.',
    }
  const passing = error.transient || error.code === 'LEASE_STOPPED'
  return { status: passing ? 503 : 400, code: error.code, message: error.message, hint: error.hint }
}

/** Message and hint as one text, for a protocol whose clients show only one. */
export function sentences({ message, hint }: Pick<Answer, 'message' | 'hint'>): string {
  return `${message.replace(/\.$/, '')}. ${hint}`
}
