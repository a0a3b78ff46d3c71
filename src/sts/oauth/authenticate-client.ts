import { MayflyError } from '../../errors.ts'
import { type Jwt, readJwt } from '../../wire/jws.ts'
import { assertedClaims, checkAlgorithm, checkTimes, missing, type Verification } from '../web-identity.ts'
import { audiencesIn } from './access-token.ts'
import type { PresentedClient } from './ask.ts'
import { type AuthorizationServer, assertionAudiences, type OauthClient } from './registered.ts'
import type { UsedAssertions } from './used-assertions.ts'
import { audienceOf, leewaySeconds, verifyProviderToken } from './verify-provider-token.ts'

/** What the checks of an assertion stand on. */
export interface ClientVerification {
  readonly by: Verification
  readonly used: UsedAssertions
}

/**
 * The client that asks, as it proves by its assertion (RFC 7523 §2.2, §3); undefined when it is a public one, or none.
 * @throws TRUST_CLIENT
 */
export async function authenticateClient(
  presented: PresentedClient,
  server: AuthorizationServer,
  verification: ClientVerification,
): Promise<string | undefined> {
  const { clientId, assertion } = presented
  if (!assertion) return checkPublic(clientId, server)
  const client = await verifyAssertion(assertion.reveal(), server, verification).catch(refusal)
  if (clientId !== undefined && clientId !== client.clientId)
    throw strange(`the assertion is of the client ${client.clientId}, and client_id is another`)
  return client.clientId
}

function checkPublic(clientId: string | undefined, { clients, issuer }: AuthorizationServer): undefined {
  if (clientId === undefined) return undefined
  const client = clients.get(clientId)
  if (!client) throw strange(`${issuer} has no client ${JSON.stringify(clientId.slice(0, 128))}`)
  if (!client.isPublic) throw strange(`the client ${clientId} did not prove who it is`)
}

async function verifyAssertion(
  assertion: string,
  server: AuthorizationServer,
  { by, used }: ClientVerification,
): Promise<OauthClient> {
  const jwt = readJwt(assertion)
  const { iss, sub } = assertedClaims(jwt.claims)
  const own = iss === sub ? server.clients.get(sub) : undefined
  if (own?.trusted) return verifyOwnAssertion(jwt, { ...own, trusted: own.trusted }, server, { by, used })
  const client = server.clientOf(iss, sub)
  if (!client) throw strange(`${sub} of ${iss} is no client of ${server.issuer}`)
  // A platform's token is a file that its workload presents again and again: it cannot be good once alone.
  await verifyProviderToken(jwt, server, by)
  return client
}

/** What a client signs for itself lives no longer: it is remembered for so long. */
const longestSeconds = 60 * 60

/** An assertion that a client made with a key of its own, which is good once. */
async function verifyOwnAssertion(
  jwt: Jwt,
  client: OauthClient & Required<Pick<OauthClient, 'trusted'>>,
  server: AuthorizationServer,
  { by, used }: ClientVerification,
): Promise<OauthClient> {
  const { clientId, trusted } = client
  const { exp } = assertedClaims(jwt.claims)
  checkAlgorithm(jwt)
  await by.checkSigned(jwt, trusted)
  checkTimes(jwt.claims, exp, by, { late: leewaySeconds, early: leewaySeconds })
  audienceOf(audiencesIn(jwt.claims), assertionAudiences(server), clientId)
  checkLifetime(exp, by.nowMs)
  const { jti } = jwt.claims
  if (typeof jti !== 'string' || jti === '') throw missing('jti')
  checkUnused(used.take({ clientId, jti, untilMs: (exp + leewaySeconds) * 1000 }), clientId)
  return client
}

function checkLifetime(exp: number, nowMs: number): void {
  const seconds = Math.floor(exp - nowMs / 1000)
  if (seconds <= longestSeconds + leewaySeconds) return
  throw new MayflyError('PROOF_LIFETIME', {
    message: `the assertion lives for another ${seconds} s, more than ${longestSeconds} s`,
    values: { presented: seconds, expected: longestSeconds },
  })
}

function checkUnused(taken: ReturnType<UsedAssertions['take']>, clientId: string): void {
  if (taken === 'new') return
  const why =
    taken === 'used' ? 'was used before' : 'cannot be told from one that was used: too many still live'
  throw new MayflyError('PROOF_REPLAYED', { message: `the assertion of ${clientId} ${why}` })
}

function strange(message: string): MayflyError {
  return new MayflyError('TRUST_CLIENT', { message })
}

/** Whatever is wrong with an assertion, it is its client that is refused (RFC 7521 §4.2.1). An issuer that is away says nothing. */
function refusal(error: unknown): never {
  if (!(error instanceof MayflyError) || ['TRUST_CLIENT', 'PROOF_DISCOVERY'].includes(error.code)) throw error
  const { message, values, hint } = error
  throw new MayflyError('TRUST_CLIENT', {
    message: `client assertion: ${message}`,
    values,
    hint,
    cause: error,
  })
}
