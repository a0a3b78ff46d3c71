import type { AwsCredential } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import type { AwsStep } from '../plan.ts'
import type { AwsProof, JwtProof, Proof } from '../proof.ts'
import { Secret } from '../secret.ts'
import { readXmlText } from '../wire/aws-query.ts'
import { encodeForm } from '../wire/form.ts'
import { isCredentialText } from '../wire/printable.ts'
import { signHeaders } from '../wire/sigv4.ts'
import type { World } from '../world.ts'
import { stsHost } from './aws-host.ts'
import type { Exchange } from './exchange.ts'
import { believable, timeOf } from './expiry.ts'
import { presented } from './presented.ts'
import { type Exchanged, type Refusal, refused, strange } from './refusal.ts'
import { endpointUrl } from './words.ts'

const contentType = 'application/x-www-form-urlencoded; charset=utf-8'

/**
 * AWS STS: `AssumeRoleWithWebIdentity`, which nobody signs, from a JWT, and a signed `AssumeRole` from AWS credentials.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export const awsSts: Exchange<AwsStep> = {
  to: 'aws',
  accepts: ['jwt', 'aws'],
  audience: ({ audience }) => ({ value: audience ?? 'sts.amazonaws.com', usual: audience === undefined }),
  async exchange(proof, step, _variant, world, signal) {
    const nowMs = world.clock.now()
    const region = regionOf(proof, step, world)
    const { url, action, headers, body } = requestOf(proof, step, region, nowMs)
    const response = await world.http({ method: 'POST', url: url.href, headers, body, signal })
    const exchanged: Exchanged = {
      service: `AWS STS at ${url.host}`,
      operation: `${action} for ${step.role}`,
      response,
      presented: presented(proof, nowMs),
      values: { role: step.role, host: url.host },
      nowMs,
    }
    if (response.status !== 200) throw refusalOf(exchanged, proof)
    return { ...credentialOf(exchanged), ...(region && { region }) }
  },
}

/** The step's, else where the workload runs. */
function regionOf(proof: Proof, step: AwsStep, { env }: World): string | undefined {
  const told = proof.kind === 'aws' ? proof.region : undefined
  return step.region ?? told ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined)
}

/** @throws SOURCE_REGION where the role's partition has no global endpoint */
function urlOf({ endpoint, role }: AwsStep, region: string | undefined): URL {
  if (endpoint) return endpointUrl(endpoint)
  const partition = role.split(':')[1]
  if (region || partition === 'aws') return endpointUrl(`https://${stsHost(region)}`)
  throw new MayflyError('SOURCE_REGION', {
    message: `no region is known for ${role}, and the partition ${partition} has no global token service`,
    values: { role },
  })
}

interface Request {
  readonly url: URL
  readonly action: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function requestOf(proof: Proof, step: AwsStep, region: string | undefined, nowMs: number): Request {
  const url = urlOf(step, region)
  if (proof.kind === 'jwt') return { url, ...webIdentity(proof, step) }
  return { url, ...signed(proof, step, { url, region: region ?? 'us-east-1', nowMs }) }
}

function formOf(action: string, { role, sessionName, durationSeconds }: AwsStep) {
  return {
    Action: action,
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: sessionName,
    DurationSeconds: durationSeconds,
  }
}

function webIdentity({ token }: JwtProof, step: AwsStep): Omit<Request, 'url'> {
  const action = 'AssumeRoleWithWebIdentity'
  const body = encodeForm({ ...formOf(action, step), WebIdentityToken: token.reveal() })
  return { action, headers: { 'content-type': contentType }, body }
}

function signed(
  { credentials }: AwsProof,
  step: AwsStep,
  { url, region, nowMs }: { url: URL; region: string; nowMs: number },
): Omit<Request, 'url'> {
  const action = 'AssumeRole'
  const body = encodeForm({ ...formOf(action, step), ExternalId: step.externalId })
  const headers: [string, string][] = [
    ['host', url.host],
    ['content-type', contentType],
  ]
  const request = { method: 'POST', path: url.pathname, query: url.search.slice(1), headers, body }
  const signature = signHeaders(request, { credentials, region, service: 'sts', nowMs })
  return { action, headers: { 'content-type': contentType, ...Object.fromEntries(signature) }, body }
}

function credentialOf(exchanged: Exchanged): AwsCredential {
  const { body } = exchanged.response
  const text = (tag: string): string => {
    const value = readXmlText(body, tag)
    if (!value) throw strange(exchanged, `no ${tag}`)
    if (isCredentialText(value)) return value
    throw strange(exchanged, `a value of ${tag} with characters that it cannot have`)
  }
  const expiresAtMs = timeOf(exchanged, 'Expiration', text('Expiration'))
  const arn = readXmlText(body, 'Arn')
  return {
    kind: 'aws',
    accessKeyId: text('AccessKeyId'),
    secretAccessKey: new Secret(text('SecretAccessKey')),
    sessionToken: new Secret(text('SessionToken')),
    expiresAtMs: believable(expiresAtMs, 'aws', exchanged.nowMs),
    ...(arn && { arn }),
  }
}

const busy = new Set(['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'IDPCommunicationError'])
const overdue = new Set(['ExpiredTokenException', 'ExpiredToken'])

function refusalOf(exchanged: Exchanged, proof: Proof): MayflyError {
  const { body } = exchanged.response
  const code = readXmlText(body, 'Code')
  if (!code) return strange(exchanged, 'no error of AWS')
  const words = readXmlText(body, 'Message') ?? ''
  const refusal: Refusal = {
    code,
    words,
    requestId: readXmlText(body, 'RequestId'),
    expired: overdue.has(code),
    // The provider's keys could not be fetched: aws-sdk-rust and people retry it, though its code is that of a bad token.
    transient: busy.has(code) || words.startsWith("Couldn't retrieve verification key"),
    hint: hintOf(code, words, proof),
  }
  return refused(exchanged, refusal)
}

/** The next step, for the refusals that people meet most. */
function hintOf(code: string, words: string, proof: Proof): string | undefined {
  if (code === 'AccessDenied' && proof.kind === 'jwt')
    return 'AWS says no more than this for a role that does not exist, a provider that it does not name and a condition that fails: compare sub and aud above with the trust policy of the role.'
  if (code === 'AccessDenied')
    return 'The caller needs sts:AssumeRole in its own policy, and the trust policy of the role has to name the caller.'
  if (words.startsWith('Incorrect token audience'))
    return "Add the token's audience to the client IDs of the IAM OIDC provider, or ask the platform for a token with an audience that is there."
  if (words.startsWith('No OpenIDConnect provider found'))
    return "Create an IAM OIDC provider for that issuer in the role's account."
  return undefined
}
