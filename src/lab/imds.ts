import { randomBytes } from 'node:crypto'
import { type Context, Hono } from 'hono'
import type { AwsCredential } from '../credential.ts'
import { isoSecond } from '../wire/iso-time.ts'
import type { Clock } from '../world.ts'

export const imdsAddress = '169.254.169.254'

export interface Instance {
  readonly region: string
  readonly account: string
  readonly roleName: string
  readonly profileArn: string
  readonly credentials: () => Promise<AwsCredential>
}

const instanceId = 'i-0f1e2d3c4b5a69788'
const longestTtlSeconds = 21_600
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds'

/**
 * The instance metadata service of EC2, versions 1 and 2.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
 */
export function imds(instance: Instance, clock: Clock): Hono {
  const app = new Hono()
  const live = imdsTokens(clock)
  app.put('/latest/api/token', (c) => {
    if (c.req.header('x-forwarded-for') !== undefined) return c.body('', 403)
    const ttl = c.req.header(ttlHeader) ?? ''
    if (!/^\d{1,5}$/.test(ttl) || Number(ttl) < 1 || Number(ttl) > longestTtlSeconds) return c.body('', 400)
    return c.text(live.open(Number(ttl)), 200, { [ttlHeader]: ttl })
  })
  app.use('/latest/*', async (c, next) => {
    const token = c.req.header('x-aws-ec2-metadata-token')
    // Without a token it is version 1, which an instance answers unless it was told not to.
    return token === undefined || live.has(token) ? next() : c.text('', 401)
  })
  app.get('/latest/dynamic/instance-identity/document', (c) => c.json(identityDocument(instance, clock)))
  app.get('/latest/meta-data/iam/info', (c) => c.json(profile(instance, clock)))
  app.get('/latest/meta-data/iam/security-credentials/:role', async (c) => {
    if (c.req.param('role') !== instance.roleName) return notFound(c)
    return c.json(answer(await instance.credentials(), clock))
  })
  const leaves = new Map(Object.entries(leavesOf(instance)))
  app.get('/latest/meta-data/*', (c) => {
    const leaf = leaves.get(c.req.path.slice('/latest/meta-data/'.length).replace(/\/$/, ''))
    // Without a line break at its end: Google's libraries take the text as it is.
    return leaf === undefined ? notFound(c) : c.text(leaf)
  })
  app.notFound(notFound)
  return app
}

function leavesOf({ region, roleName }: Instance): Readonly<Record<string, string>> {
  return {
    'iam/security-credentials': roleName,
    'instance-id': instanceId,
    'instance-type': 'm7g.large',
    hostname: `ip-10-0-0-10.${region}.compute.internal`,
    'local-ipv4': '10.0.0.10',
    'placement/availability-zone': `${region}a`,
    'placement/region': region,
    'services/domain': 'amazonaws.com',
    'services/partition': 'aws',
  }
}

/** Session tokens of version 2, each for as long as it was asked for. */
function imdsTokens(clock: Clock) {
  const ends = new Map<string, number>()
  return {
    open(ttlSeconds: number) {
      const token = randomBytes(40).toString('base64')
      ends.set(token, clock.now() + ttlSeconds * 1000)
      return token
    },
    has: (token: string) => (ends.get(token) ?? 0) > clock.now(),
  }
}

function answer(credential: AwsCredential, clock: Clock) {
  return {
    Code: 'Success',
    LastUpdated: isoSecond(clock.now()),
    Type: 'AWS-HMAC',
    AccessKeyId: credential.accessKeyId,
    SecretAccessKey: credential.secretAccessKey.reveal(),
    Token: credential.sessionToken?.reveal(),
    Expiration: isoSecond(credential.expiresAtMs),
  }
}

function identityDocument({ region, account }: Instance, clock: Clock) {
  return {
    accountId: account,
    architecture: 'arm64',
    availabilityZone: `${region}a`,
    imageId: 'ami-0123456789abcdef0',
    instanceId,
    instanceType: 'm7g.large',
    pendingTime: isoSecond(clock.now()),
    privateIp: '10.0.0.10',
    region,
    version: '2017-09-30',
  }
}

function profile({ profileArn }: Instance, clock: Clock) {
  return {
    Code: 'Success',
    LastUpdated: isoSecond(clock.now()),
    InstanceProfileArn: profileArn,
    InstanceProfileId: 'AIPAMAYFLYLAB0000001',
  }
}

function notFound(c: Context): Response {
  return c.text('', 404)
}
