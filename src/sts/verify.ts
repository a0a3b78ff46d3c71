import { MayflyError } from '../errors.ts'
import { readJwt } from '../wire/jws.ts'
import { readSignature } from '../wire/sigv4.ts'
import type {
  Ask,
  AwsIdentity,
  ClientAssertionAsk,
  GoogleIdentity,
  IamAsk,
  MfaCode,
  SignedAsk,
  TokenAsk,
  Verified,
  VerifiedAdmin,
  WebIdentity,
  WebIdentityAsk,
} from './ask.ts'
import { type SignedRequestRules, verifySignedRequest } from './aws/signed-request.ts'
import { entraClient } from './entra/authorize-client-assertion.ts'
import { verifyEntraToken } from './entra/verify-entra-token.ts'
import { holderOfAccessToken, invalidToken, principalName } from './google/access-token.ts'
import type { PoolProvider } from './google/registered.ts'
import { checkTarget } from './google/relayed-request.ts'
import { verifyOauth } from './oauth/verify-oauth.ts'
import type { Snapshot } from './snapshot.ts'
import type { Sts } from './sts.ts'
import { readAwsToken, verificationBy, verifyAwsToken, verifyGoogleToken } from './web-identity.ts'

/**
 * Checks the proof that came with an ask, as the cloud does that was asked, by what was registered when it came.
 * @throws PROOF_* for a token, REQUEST_* for a signed request or an access token
 * @throws TRUST_PROVIDER when a Google provider does not exist or is disabled
 * @throws TRUST_TENANT, TRUST_APPLICATION when Entra knows no such client
 * @throws TRUST_CLIENT when an authorization server does not
 */
export async function verify(ask: Ask, registered: Snapshot, sts: Sts): Promise<Verified> {
  switch (ask.kind) {
    case 'AssumeRoleWithWebIdentity':
      return { kind: ask.kind, ask, identity: await verifyWebIdentity(ask, registered, sts) } as Verified
    case 'AssumeRole':
    case 'GetCallerIdentity':
    case 'GetAccessKeyInfo':
    case 'DecodeAuthorizationMessage':
    case 'GetWebIdentityToken':
    case 'GetSessionToken':
    case 'GetFederationToken':
      return { kind: ask.kind, ask, identity: verifyCaller(ask, registered, sts) } as Verified
    case 'TokenExchange':
      return { kind: ask.kind, ask, identity: await verifySubject(ask, registered, sts) } as Verified
    case 'ClientAssertion':
      return { kind: ask.kind, ask, identity: await verifyAssertion(ask, registered, sts) } as Verified
    case 'OauthToken':
      return { kind: ask.kind, ask, identity: await verifyOauth(ask, registered, sts) } as Verified
    case 'DownscopeToken':
    case 'GenerateAccessToken':
    case 'GenerateIdToken':
    case 'SignBlob':
    case 'SignJwt':
      return { kind: ask.kind, ask, identity: verifyBearer(ask.bearer.reveal(), registered, sts) } as Verified
  }
}

/** Who signed an admin call. @throws REQUEST_* */
export function verifyAdmin(ask: IamAsk, registered: Snapshot, sts: Sts): VerifiedAdmin {
  const identity = verifyAwsSigner(ask.signed, registered, sts, { service: 'iam' })
  return { kind: ask.kind, ask, identity } as VerifiedAdmin
}

function verifyWebIdentity(
  { token, roleArn }: WebIdentityAsk,
  registered: Snapshot,
  sts: Sts,
): Promise<WebIdentity> {
  return verifyAwsToken(readAwsToken(token.reveal()), roleArn, registered, verificationBy(sts))
}

function verifyAssertion(ask: ClientAssertionAsk, registered: Snapshot, sts: Sts): Promise<WebIdentity> {
  const { client } = entraClient(ask, registered)
  return verifyEntraToken(readJwt(ask.assertion.reveal()), client, verificationBy(sts))
}

/** The signer, with MFA where a code came along. */
function verifyCaller(ask: SignedAsk, registered: Snapshot, sts: Sts): AwsIdentity {
  const identity = verifyAwsSigner(ask.signed, registered, sts)
  const code = 'mfa' in ask ? ask.mfa : undefined
  if (!code) return identity
  checkMfa(code, identity, registered, sts)
  return { ...identity, marks: { ...identity.marks, mfaAtMs: sts.now() } }
}

function checkMfa(
  { serialNumber, tokenCode }: MfaCode,
  identity: AwsIdentity,
  registered: Snapshot,
  { mfa }: Sts,
): void {
  const signer = registered.principalOf(identity)
  const own = signer && 'mfaDevices' in signer && signer.mfaDevices.includes(serialNumber)
  if (!own) throw badMfa(`${identity.arn} has no MFA device ${serialNumber}`, unknownDevice)
  if (!mfa.takes(serialNumber, tokenCode.reveal()))
    throw badMfa(
      `the code is not one that ${serialNumber} shows, was used before, or comes while the device waits after wrong ones`,
      wrongCode,
    )
}

// Two spaces in the one and one at the end of the other, as recorded.
const unknownDevice =
  'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.'
const wrongCode = 'MultiFactorAuthentication failed with invalid MFA one time pass code. '

function badMfa(message: string, text: string): MayflyError {
  return new MayflyError('REQUEST_MFA', { message, values: { text } })
}

/** The signer of a request to our AWS side, whose role or user still stands. */
function verifyAwsSigner(
  signed: Parameters<typeof verifySignedRequest>[0],
  registered: Snapshot,
  sts: Sts,
  rules: Partial<SignedRequestRules> = {},
): AwsIdentity {
  const identity = verifySignedRequest(signed, {
    keys: sts.keys,
    nowMs: sts.now(),
    service: 'sts',
    userOf: registered.userOfKey,
    ...rules,
  })
  if (registered.principalOf(identity)) return identity
  throw new MayflyError('REQUEST_CREDENTIAL', {
    message: `the role or user of ${identity.arn}, which signed this, is not registered any more`,
    values: { arn: identity.arn },
  })
}

/** The clock of a signer may be ahead of ours by so much when it asks Google. */
const relayAheadMs = 5 * 60_000

async function verifySubject(
  ask: TokenAsk,
  registered: Snapshot,
  sts: Sts,
): Promise<WebIdentity | AwsIdentity> {
  const provider = registered.providers.get(ask.audience)
  if (!provider || provider.disabled || provider.deleted) throw noProvider(ask.audience, provider)
  const { subject } = ask
  if (subject.type === 'jwt')
    return verifyGoogleToken(readJwt(subject.token.reveal()), provider, verificationBy(sts))
  const { signedHeaders } = readSignature(subject.signed)
  checkTarget(subject.signed, signedHeaders, { audience: ask.audience, signed: sts.signedTargetOnly })
  const identity = verifyAwsSigner(subject.signed, registered, sts, { futureMs: relayAheadMs })
  checkAccount(identity, provider)
  return identity
}

export function noProvider(audience: string, provider: PoolProvider | undefined): MayflyError {
  const state = provider?.deleted ? 'is deleted' : 'is disabled'
  return new MayflyError('TRUST_PROVIDER', {
    message: `the provider ${audience} ${provider ? state : 'is not registered'}`,
    values: { presented: audience },
  })
}

export function checkAccount({ account, arn }: AwsIdentity, { aws, name }: PoolProvider): void {
  if (account === aws?.accountId) return
  throw new MayflyError('PROOF_ACCOUNT', {
    message: `${arn} is of the AWS account ${account}, and ${name} is for ${aws ? aws.accountId : 'tokens of an OIDC issuer'}`,
    values: { presented: account, ...(aws && { expected: aws.accountId }) },
  })
}

/** The holder of an access token of ours, while what it stands for is registered. */
export function verifyBearer(token: string, registered: Snapshot, sts: Sts): GoogleIdentity {
  const identity = holderOfAccessToken(token, { keys: sts.keys, nowMs: sts.now() })
  if (registered.stands(identity.principal)) return identity
  throw new MayflyError('REQUEST_CREDENTIAL', {
    message: `${principalName(identity)}, whose access token this is, is not registered any more`,
    values: { google: invalidToken },
  })
}
