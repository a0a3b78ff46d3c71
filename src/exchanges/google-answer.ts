import { isCredentialText } from '../wire/printable.ts'
import { type Exchanged, type Refusal, refused, strange } from './refusal.ts'

export type Answer = Readonly<Record<string, unknown>>

/** The members of an answer that grants. @throws EXCHANGE_REFUSED, PROOF_EXPIRED, EXCHANGE_ANSWER */
export function answerOf(exchanged: Exchanged): Answer {
  const { status, body } = exchanged.response
  const answer = jsonObject(body)
  if (!answer) throw strange(exchanged, 'no JSON object')
  if (status === 200) return answer
  const refusal = refusalOf(answer)
  throw refusal ? refused(exchanged, refusal) : strange(exchanged, 'no error of Google')
}

/** A token, or a time. @throws EXCHANGE_ANSWER when there is no such text, or one that could forge a header */
export function textOf(exchanged: Exchanged, answer: Answer, name: string): string {
  const value = answer[name]
  if (typeof value !== 'string' || !value) throw strange(exchanged, `no ${name}`)
  if (isCredentialText(value)) return value
  throw strange(exchanged, `a value of ${name} with characters that it cannot have`)
}

/** STS answers as OAuth does (RFC 6749 §5.2), IAM as Google's APIs do (google.rpc.Status). */
function refusalOf({ error, error_description: description }: Answer): Refusal | undefined {
  if (typeof error === 'string') return stsRefusal(error, typeof description === 'string' ? description : '')
  if (typeof error !== 'object' || error === null) return undefined
  const { status, code, message } = error as Answer
  const reason = typeof status === 'string' ? status : String(code)
  const hint = reason === 'PERMISSION_DENIED' ? impersonationHint : undefined
  return { code: reason, words: typeof message === 'string' ? message : '', hint }
}

const impersonationHint =
  'Grant roles/iam.workloadIdentityUser on the service account to the principal:// or principalSet:// of this identity; a new grant takes some minutes.'

function stsRefusal(code: string, words: string): Refusal {
  const stale = /\b(?:stale|expired)\b/i.test(words)
  // Google could not fetch the issuer's keys.
  const away = words.startsWith("Error connecting to the given credential's issuer")
  return {
    code,
    words,
    expired: code === 'invalid_grant' && stale,
    transient: away,
    hint: hintOf(code, words),
  }
}

function hintOf(code: string, words: string): string | undefined {
  return words.startsWith('The audience in ID Token')
    ? "Ask the platform for a token made out to `https:` and the provider's name as above, or add the token's audience to those that the provider allows."
    : hints.get(code)
}

const hints: ReadonlyMap<string, string> = new Map([
  ['unauthorized_client', 'Compare the claims above with the attribute condition of the provider.'],
  [
    'invalid_target',
    'Check the project number, pool and provider, and that neither pool nor provider is disabled or deleted.',
  ],
])

function jsonObject(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
