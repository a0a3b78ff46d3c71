import { MayflyError } from '../../errors.ts'
import type { Check } from '../../trust/decision.ts'
import { decisionOf } from '../../trust/explain.ts'
import type { Assertion, MappedAttributes } from '../../trust/google-provider.ts'
import type { AccessTokenGrant, AwsIdentity, TokenAsk, Ungranted, WebIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import { TrustDenied } from '../trust-denied.ts'
import { checkSize } from './authorize-downscope.ts'
import { tokenLife, tokenSeconds } from './lifetime.ts'
import type { PoolProvider } from './registered.ts'

/** By the provider's attribute mapping and condition; a `trace` takes what allowed it. What comes of it can do nothing yet: bindings decide on that. */
export function authorizeExchange(
  ask: TokenAsk,
  identity: WebIdentity | AwsIdentity,
  registered: Snapshot,
  nowMs: number,
  trace?: Check[],
): Ungranted<AccessTokenGrant> {
  const provider = registered.providers.get(ask.audience)
  if (!provider) throw new MayflyError('TRUST_PROVIDER', { message: `${ask.audience} is not registered` })
  const assertion = assertionOf(identity)
  const mapped = mapOrExplain(provider, assertion, trace)
  if (!provider.rule().admits(assertion, mapped, trace)) throw notAdmitted(provider, assertion)
  const { subject, groups, attributes } = mapped
  const { scopes, boundary } = ask
  const principal = { type: 'federated', pool: provider.pool, subject, groups, attributes } as const
  if (boundary) checkSize({ principal, scopes, boundary })
  return {
    kind: 'access-token',
    principal,
    scopes,
    ...(boundary && { boundary }),
    rule: `the attribute condition of ${provider.name}`,
    ...tokenLife(tokenSeconds, nowMs),
  }
}

/** Of a signed AWS request, what GetCallerIdentity would have answered. */
function assertionOf(identity: WebIdentity | AwsIdentity): Assertion {
  if (identity.type === 'web') return identity.claims
  return { arn: identity.arn, account: identity.account, userid: identity.userId }
}

function mapOrExplain(provider: PoolProvider, assertion: Assertion, trace?: Check[]): MappedAttributes {
  try {
    return provider.rule().map(assertion, trace)
  } catch (cause) {
    if (!(cause instanceof MayflyError)) throw cause
    const { code, message, values } = cause
    throw new TrustDenied(code, { message, values, cause }, explain(provider, assertion, message))
  }
}

function notAdmitted(provider: PoolProvider, assertion: Assertion): TrustDenied {
  const message = `the attribute condition of ${provider.name} does not hold`
  return new TrustDenied('TRUST_CONDITION', { message }, explain(provider, assertion, message))
}

/** Maps and tests once more, recording everything. */
function explain(provider: PoolProvider, assertion: Assertion, message: string) {
  const trace: Check[] = []
  try {
    const mapped = provider.rule().map(assertion, trace)
    provider.rule().admits(assertion, mapped, trace)
  } catch {
    trace.push({ check: 'mapping', outcome: 'fail', hint: message })
  }
  return decisionOf(trace)
}
