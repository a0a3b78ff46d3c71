import { Hono } from 'hono'
import { remedies } from '../errors.ts'
import type { Lease } from '../lease.ts'
import type { Secret } from '../secret.ts'
import { serveLoopback } from '../wire/loopback.ts'
import type { Clock } from '../world.ts'
import {
  noCredentialProfiles,
  noInstanceRole,
  otherAwsIdentities,
  otherContainerCredentials,
  regionFor,
  regionRows,
} from './aws-environment.ts'
import { hideProfiles } from './aws-profile.ts'
import { expiryText, liveAws } from './carried.ts'
import type { Change, Delivery } from './delivery.ts'
import { answerOf, sentences } from './failure.ts'
import { randomBearer, randomWord } from './private-file.ts'
import { aroundProxies } from './proxies.ts'

export interface EcsSetting {
  readonly lease: Lease
  readonly clock: Clock
  /** Begins with a slash; not to be guessed. */
  readonly path: string
  /** What the Authorization header must be, verbatim. */
  readonly token: Secret
}

/**
 * The container credential endpoint of ECS, EKS Pod Identity and Greengrass: one GET for the credentials as JSON.
 * Never 200 with an expired or empty value; an error's body has its reason under both spellings that SDKs print.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function ecsApp({ lease, clock, path, token }: EcsSetting): Hono {
  const app = new Hono()
  app.use((c, next) => {
    c.header('Cache-Control', 'no-store')
    return next()
  })
  app.get(path, async (c) => {
    const presented = c.req.header('authorization')
    if (presented === undefined) return c.json(refusal('this endpoint needs its authorization token'), 401)
    if (!token.equals(presented)) return c.json(refusal('the authorization token is another one'), 403)
    try {
      return c.body(await body(lease, clock), 200, { 'Content-Type': 'application/json' })
    } catch (error) {
      const answer = answerOf(error)
      return c.json(spelled(answer.code, sentences(answer)), answer.status)
    }
  })
  app.notFound((c) => c.json(refusal('nothing is served at this path'), 404))
  return app
}

/** What the SDKs are told of an address; `region` only where it is known. */
export interface EcsAddress {
  readonly url: string
  readonly token: Secret
  readonly region?: string
}

/** The environment of a program that receives AWS credentials from a container credential endpoint. */
export function ecsEnvironment({ url, token, region }: EcsAddress): Change[] {
  return [
    {
      variable: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      action: 'set',
      value: url,
      reason:
        'Where every AWS SDK asks for container credentials. http://127.0.0.1 is the one form that all of them accept.',
    },
    {
      variable: 'AWS_CONTAINER_AUTHORIZATION_TOKEN',
      action: 'set',
      value: token,
      reason:
        'A bearer for this endpoint on this machine while the program runs, and no cloud credential. Not its …_TOKEN_FILE form: SDKs from before November 2023 know only this one, as does the fallback in AWS SDK for JavaScript v3, which also warns when both are set.',
    },
    ...otherContainerCredentials,
    ...otherAwsIdentities,
    noCredentialProfiles,
    noInstanceRole,
    ...regionRows(region),
    ...aroundProxies,
  ]
}

export const ecs: Delivery = {
  name: 'ecs',
  carries: ['aws'],
  async deliver({ lease, plan, directory, world }) {
    const path = `/${randomWord()}`
    const token = randomBearer()
    const { region: exchanged } = await liveAws(lease, world.clock)
    const hidden = await hideProfiles({ env: world.env, directory, log: world.log })
    const server = await serveLoopback(ecsApp({ lease, clock: world.clock, path, token }))
    const region = regionFor(plan.region, world.env, exchanged)
    const address = { url: `http://${server.address}${path}`, token, ...(region !== undefined && { region }) }
    return { changes: [...ecsEnvironment(address), ...hidden], close: server.close }
  },
}

async function body(lease: Lease, clock: Clock): Promise<string> {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = await liveAws(lease, clock)
  return JSON.stringify({
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey.reveal(),
    Token: sessionToken.reveal(),
    Expiration: expiryText(expiresAtMs),
  })
}

function refusal(why: string): Record<string, string> {
  return spelled('DELIVERY_REFUSED', sentences({ message: why, hint: remedies.DELIVERY_REFUSED.hint }))
}

// ECS answers with `code` and `message`; EKS Pod Identity's clients and JS `fromHttp` look for capitals.
function spelled(code: string, message: string): Record<string, string> {
  return { code, message, Code: code, Message: message }
}
