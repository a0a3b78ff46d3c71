import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type IssuedToken, type IssueOptions, issueToken } from '../../src/issuer/issuer.ts'
import { sessionOf } from '../../src/lab/sessions.ts'
import type { TrustDocument } from '../../src/registry/documents.ts'
import { readTrustFile } from '../../src/registry/trust-file.ts'
import { type AuditRecord, createAudit } from '../../src/sts/audit.ts'
import { createSts } from '../../src/sts/create.ts'
import { verifyAccessToken, verifyAwsRequest } from '../../src/sts/public.ts'
import { serveSts } from '../../src/sts/serve.ts'
import { stsApp } from '../../src/sts/server.ts'
import type { Environment } from '../../src/world.ts'
import { serveBigQuery } from './bigquery.ts'
import { bootstrapped, bootstrapVersion } from './cdk-bootstrap.ts'
import { serveCloudProxy } from './cloud-proxy.ts'
import { serveCloudFormation } from './cloudformation.ts'
import { serveEc2 } from './ec2.ts'
import { serveEcsAgent } from './ecs-agent.ts'
import { serveGithubRunner } from './github-runner.ts'
import { serveS3 } from './s3.ts'
import { serveApp } from './serve.ts'
import { serveSsm } from './ssm.ts'
import { serveStorage } from './storage.ts'

export const account = '123456789012'
export const region = 'ap-northeast-2'
export const trustFile = fileURLToPath(new URL('../../examples/trust.yaml', import.meta.url))
/** The credential configuration of story 1, byte for byte as gcloud wrote it. */
export const googleCredentials = fileURLToPath(new URL('../../demo/google-credentials.json', import.meta.url))

export const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`

/**
 * The example's trust in an account where CDK was bootstrapped for the role `deploy`, and the task role of another team:
 * it has an identity, and nobody at Google trusts it.
 */
export async function storiesTrust(): Promise<TrustDocument> {
  const document = await readTrustFile(trustFile)
  const [first, ...others] = document.aws
  const loader = first!.roles.find(({ name }) => name === 'loader-task')!
  const reports = { ...loader, name: 'reports-task' }
  const both = { ...document, aws: [{ ...first!, roles: [...first!.roles, reports] }, ...others] }
  return bootstrapped(both, region, 'deploy')
}

export interface CloudOptions {
  /** Default: `storiesTrust`. */
  readonly trust?: TrustDocument
  /** Epoch milliseconds, for all that verifies or expires here. Default: the machine's clock. */
  readonly now?: () => number
}

export type Cloud = Awaited<ReturnType<typeof startCloud>>

/**
 * The clouds of the stories on loopback: a token service by the registered trust, and services that verify what they
 * are given by the product's own public functions. Everything ends with `close`.
 */
export async function startCloud({ trust, now = Date.now }: CloudOptions = {}) {
  const records: AuditRecord[] = []
  const audit = createAudit({ sinks: [(record) => records.push(record)], now, required: true })
  const document = trust ?? (await storiesTrust())
  const sts = createSts({ document, audit, now })
  // The token service dates its answers by the machine's clock, and an AWS SDK would then leave the simulated time.
  const server = now === Date.now ? await serveSts({ sts }) : await serveApp(stsApp(sts), { now })
  const { keys } = sts
  const verifyAws = (request: Parameters<typeof verifyAwsRequest>[0], service: string) =>
    verifyAwsRequest(request, { keys, service, nowMs: now() })
  const verifyBearer = (token: string) => verifyAccessToken(token, { keys, nowMs: now() })
  const verifyBounded = (token: string) =>
    verifyAccessToken(token, { keys, nowMs: now(), evaluatesBoundary: true })
  const [s3, ec2, cloudformation, ssm, bigquery, storage] = await Promise.all([
    serveS3({ verify: verifyAws, now }),
    serveEc2({ verify: verifyAws, now }),
    serveCloudFormation({ verify: verifyAws, region, now }),
    serveSsm({ verify: verifyAws, region, now }),
    serveBigQuery({ verify: verifyBearer, now }),
    serveStorage({ verify: verifyBounded, now }),
  ])
  ssm.parameters.set(bootstrapVersion.name, bootstrapVersion.value)
  const proxy = await serveCloudProxy({
    'sts.googleapis.com': server.port,
    'iamcredentials.googleapis.com': server.port,
    'sts.amazonaws.com': server.port,
    'sts.*.amazonaws.com': server.port,
    's3.*.amazonaws.com': s3.port,
    'pictures.s3.*.amazonaws.com': s3.port,
    'ec2.*.amazonaws.com': ec2.port,
    'cloudformation.*.amazonaws.com': cloudformation.port,
    'ssm.*.amazonaws.com': ssm.port,
    'bigquery.googleapis.com': bigquery.port,
    'storage.googleapis.com': storage.port,
  })
  const session = (role: string, sessionName: string) =>
    sessionOf(sts, { roleArn: roleArn(role), service: 'ecs-tasks.amazonaws.com', sessionName })
  const home = await mkdtemp(join(tmpdir(), 'mayfly-cloud-'))
  await writeFile(join(home, 'ca.pem'), proxy.ca)
  const parts: { close(): Promise<void> }[] = [server, s3, ec2, cloudformation, ssm, bigquery, storage, proxy]

  return {
    sts,
    server,
    records,
    s3,
    ec2,
    cloudformation,
    ssm,
    bigquery,
    storage,
    proxy,
    /** A folder for what platforms put into files; the HOME of every program. */
    home,
    env: environment(home, { sts: server.url, s3: s3.url, ec2: ec2.url, proxy: proxy.url }),

    /** A token of one of the issuers in the registered trust. */
    issue(url: string, options: Omit<IssueOptions, 'issuer' | 'keys' | 'nowMs'>): IssuedToken {
      const issuer = document.issuers.find((each) => each.url === url)!
      return issueToken({ issuer, keys, nowMs: now(), ...options })
    },
    /** A session of a role that tasks of ECS may have. */
    session,
    /** What answers a task of ECS with this task role, on loopback. */
    async ecs(role: string) {
      const agent = await serveEcsAgent({
        roleArn: roleArn(role),
        region,
        account,
        mint: (taskId) => session(role, taskId),
        now,
      })
      parts.push(agent)
      return agent
    },
    /** What a job of GitHub Actions asks for its tokens. */
    async github(mint: (audience: string) => string) {
      const runner = await serveGithubRunner({ mint })
      parts.push(runner)
      return runner
    },
    async close() {
      await Promise.all(parts.map((each) => each.close()))
      await rm(home, { recursive: true, force: true })
    },
  }
}

interface Urls {
  readonly sts: string
  readonly s3: string
  readonly ec2: string
  readonly proxy: string
}

/**
 * What every program here has and no more: nothing of the user's own accounts, no way out of the machine. Google's
 * libraries reach the clouds' own host names by the proxy; the AWS SDKs know no proxy and are told the endpoints.
 */
function environment(home: string, { sts, s3, ec2, proxy }: Urls): Environment {
  return {
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    HTTPS_PROXY: proxy,
    NODE_EXTRA_CA_CERTS: join(home, 'ca.pem'),
    AWS_ENDPOINT_URL_STS: sts,
    AWS_ENDPOINT_URL_S3: s3,
    AWS_ENDPOINT_URL_EC2: ec2,
    // Where this runs on a machine of AWS, its own role is not the one that is meant.
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}
