import { MayflyError } from '../../errors.ts'
import { readJwt } from '../../wire/jws.ts'
import type { OauthIdentity, OauthTokenAsk, WebIdentity } from '../ask.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Sts } from '../sts.ts'
import { verificationBy } from '../web-identity.ts'
import { checkNotRevoked, holderOfAccessToken } from './access-token.ts'
import type { PresentedToken } from './ask.ts'
import { authenticateClient } from './authenticate-client.ts'
import type { AuthorizationServer } from './registered.ts'
import { verifyProviderToken } from './verify-provider-token.ts'

/**
 * Who asks an authorization server for an access token, for whom and on whose behalf: the client first.
 * @throws TRUST_CLIENT
 * @throws PROOF_*, REQUEST_CREDENTIAL, REQUEST_CREDENTIAL_EXPIRED for the subject token and the actor token
 */
export async function verifyOauth(
  ask: OauthTokenAsk,
  registered: Snapshot,
  sts: Sts,
): Promise<OauthIdentity> {
  const server = serverOf(ask, registered)
  const by = verificationBy(sts)
  const client = await authenticateClient(ask.client, server, { by, used: sts.usedAssertions })
  const verify = (presented: PresentedToken) => verifyPresented(presented, server, registered, sts)
  const subject = await verify(ask.subject)
  const actor = ask.actor && (await verify(ask.actor))
  return { type: 'oauth', subject, ...(actor && { actor }), ...(client !== undefined && { client }) }
}

async function verifyPresented(
  { type, token }: PresentedToken,
  server: AuthorizationServer,
  { authorizationServers }: Snapshot,
  sts: Sts,
): Promise<WebIdentity> {
  const by = verificationBy(sts)
  const text = token.reveal()
  const own = () => holderOfAccessToken(text, server, { sealing: sts.keys.sealing, by })
  if (type === 'access-token') return own()
  const jwt = readJwt(text)
  if (jwt.claims.iss === server.issuer) return own()
  const identity = await verifyProviderToken(jwt, server, by)
  const sibling = authorizationServers.get(identity.issuer)
  if (sibling) checkNotRevoked(jwt.claims, sibling)
  return identity
}

/** @throws TRUST_PROVIDER when it is not registered any more */
export function serverOf(
  { server: issuer }: Pick<OauthTokenAsk, 'server'>,
  registered: Snapshot,
): AuthorizationServer {
  const server = registered.authorizationServers.get(issuer)
  if (server) return server
  throw new MayflyError('TRUST_PROVIDER', { message: `the authorization server ${issuer} is not registered` })
}
