import type { Lab } from '../../src/lab/lab.ts'
import type { AwsIdentity, GoogleIdentity } from '../../src/sts/ask.ts'
import { verifyAccessToken, verifyAwsRequest } from '../../src/sts/public.ts'
import type { Clock } from '../../src/world.ts'
import { serveBigQuery } from '../fakes/bigquery.ts'
import { bootstrapVersion } from '../fakes/cdk-bootstrap.ts'
import { serveCloudFormation } from '../fakes/cloudformation.ts'
import { serveEc2 } from '../fakes/ec2.ts'
import { serveS3 } from '../fakes/s3.ts'
import { serveSsm } from '../fakes/ssm.ts'
import { serveStorage } from '../fakes/storage.ts'

export type Clouds = Awaited<ReturnType<typeof openClouds>>

const region = 'ap-northeast-2'

/** The services that clients call: small ones, that let in whoever the product's own verification lets in. */
export async function openClouds(lab: Lab, { now }: Clock) {
  const { keys } = lab.sts
  const aws = {
    verify: (request: Parameters<typeof verifyAwsRequest>[0], service: string) =>
      verifyAwsRequest(request, { keys, service, nowMs: now() }),
    now,
  }
  const google = {
    verify: (token: string) => verifyAccessToken(token, { keys, nowMs: now() }),
    now,
  }
  const verifyBounded = (token: string) =>
    verifyAccessToken(token, { keys, nowMs: now(), evaluatesBoundary: true })
  const [s3, ec2, cloudFormation, ssm, bigquery, storage] = await Promise.all([
    serveS3(aws),
    serveEc2(aws),
    serveCloudFormation({ ...aws, region }),
    serveSsm({ ...aws, region }),
    serveBigQuery(google),
    serveStorage({ ...google, verify: verifyBounded }),
  ])
  // A bucket is a part of the host's name.
  for (const bucket of ['', 'pictures.'])
    for (const place of ['', '*.']) lab.serve(`${bucket}s3.${place}amazonaws.com`, s3.url)
  lab.serve('ec2.*.amazonaws.com', ec2.url)
  lab.serve('cloudformation.*.amazonaws.com', cloudFormation.url)
  lab.serve('ssm.*.amazonaws.com', ssm.url)
  lab.serve('bigquery.googleapis.com', bigquery.url)
  lab.serve('storage.googleapis.com', storage.url)
  ssm.parameters.set(bootstrapVersion.name, bootstrapVersion.value)
  bigquery.tables.set('acme.sales.orders', [
    { id: 1, item: 'lamp' },
    { id: 2, item: 'desk' },
  ])
  const services = [s3, ec2, cloudFormation, ssm, bigquery, storage]
  return {
    /** As whom calls were let in so far. */
    seen: (): readonly string[] =>
      services.flatMap((each) => each.seen.map(({ identity }) => whoIs(identity))),
    /** Why calls were turned away so far. */
    turnedAway: (): readonly string[] => services.flatMap((each) => each.turnedAway.map(({ code }) => code)),
    close: () => Promise.all(services.map((each) => each.close())),
  }
}

function whoIs(identity: AwsIdentity | GoogleIdentity): string {
  if (identity.type === 'aws') return identity.arn
  const { principal } = identity
  return principal.type === 'service-account' ? principal.email : principal.subject
}
