import { MayflyError } from '../../errors.ts'
import type { RevokedTokenDocument } from '../../registry/documents.ts'
import { keyOf } from '../../registry/entries.ts'
import type { Draft } from '../../registry/registry.ts'
import type { StsRequest, StsResponse, WebIdentity } from '../ask.ts'
import type { Sts } from '../sts.ts'
import { verificationBy } from '../web-identity.ts'
import { oauthAnswer, oauthRefusal } from './answer.ts'
import { authenticateClient } from './authenticate-client.ts'
import { oauthError } from './errors.ts'
import { clientOfToken, holderIfActive } from './introspection.ts'
import { clientOf, parametersOf } from './parameters.ts'
import type { AuthorizationServer } from './registered.ts'

/**
 * Revocation (RFC 7009): an access token holds no more at introspection and at the token endpoint, on every node that
 * shares the store. A service that only verifies JWTs does not see it. What is no token of ours is revoked already.
 */
export async function revoke(
  request: StsRequest,
  server: AuthorizationServer,
  sts: Sts,
): Promise<StsResponse> {
  const record = sts.audit.open(request, 'oauth')
  record.noted({ action: 'Revoke', target: server.issuer })
  try {
    sts.limits.arrived(request.from)
    sts.limits.asked('Revoke')
    const holder = await revocable(request, server, sts)
    if (!holder) return oauthAnswer(200, {})
    const { issuer, subject, audience } = holder
    const who = { verified: true, issuer, subject, audience }
    record.noted({ action: 'Revoke', target: server.issuer, who })
    await registryOf(sts).change(
      (draft) => putRevoked(draft, holder, server, sts.now()),
      () => record.allowed(),
    )
    return oauthAnswer(200, {})
  } catch (error) {
    return oauthRefusal(oauthError(await record.refused(error), 'invalid_request'), request)
  }
}

/** Whose token it is that the caller may revoke; undefined for what holds no more. @throws TRUST_CLIENT, TRUST_DENIED */
async function revocable(
  request: StsRequest,
  server: AuthorizationServer,
  sts: Sts,
): Promise<WebIdentity | undefined> {
  const parameters = parametersOf(request)
  const token = parameters.demand('token')
  const verification = { by: verificationBy(sts), used: sts.usedAssertions }
  const client = await authenticateClient(clientOf(request, parameters), server, verification)
  const holder = await holderIfActive(token, server, sts)
  if (holder) checkOwner(holder, client, server)
  return holder
}

/** RFC 7009 §2.1: a client's token is revoked by that client; one that was given to no client, by whoever holds it. */
function checkOwner(holder: WebIdentity, client: string | undefined, server: AuthorizationServer): void {
  const owner = clientOfToken(holder, server)
  if (owner === undefined || owner === client) return
  if (client === undefined)
    throw new MayflyError('TRUST_CLIENT', {
      message: `the token is of the client ${owner}, which did not ask`,
    })
  const message = `the token is of the client ${owner}, and ${client} asks`
  throw new MayflyError('TRUST_DENIED', { message, values: { refused: 'client' } })
}

function registryOf({ registry }: Sts) {
  if (registry) return registry
  throw new MayflyError('REGISTRY_REVOCATIONS', {
    message: 'nothing can be revoked here: no registry is kept',
  })
}

/** Of one authorization server: they are read whole by every node. */
const mostRevoked = 10_000

/** What has ended by itself in the meantime goes with it. */
function putRevoked(
  draft: Draft,
  { claims, expiresAtMs }: WebIdentity,
  { issuer }: AuthorizationServer,
  nowMs: number,
): void {
  const place = keyOf('authorization-server', issuer, 'revoked-token')
  const revoked = draft.list(`${place}/`)
  const over = revoked.filter(
    ({ document }) => Date.parse((document as RevokedTokenDocument).expires) <= nowMs,
  )
  for (const { key } of over) draft.remove(key)
  if (revoked.length - over.length >= mostRevoked)
    throw new MayflyError('REGISTRY_REVOCATIONS', {
      message: `${mostRevoked} revoked tokens of this authorization server have not expired yet`,
    })
  const jti = String(claims.jti)
  const document: RevokedTokenDocument = { jti, expires: new Date(expiresAtMs).toISOString() }
  draft.put(keyOf('authorization-server', issuer, 'revoked-token', jti), document)
}
