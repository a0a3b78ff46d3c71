import type { TrustDocument } from '../../src/registry/documents.ts'

// What `cdk bootstrap` leaves in an account, as far as `cdk diff` asks for it.
// https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html

/** Where CDK looks which version of its bootstrap stack an account has. */
export const bootstrapVersion = { name: '/cdk-bootstrap/hnb659fds/version', value: '21' } as const

const purposes = ['lookup', 'deploy', 'file-publishing', 'image-publishing']

/** The trust with CDK's roles in its first account, and one of its own roles permitted to assume them. */
export function bootstrapped(trust: TrustDocument, region: string, permitted: string): TrustDocument {
  const [first, ...others] = trust.aws
  const { account, roles } = first!
  const existing = roles.map((role) =>
    role.name === permitted ? { ...role, policies: [maySwitch(account)] } : role,
  )
  const added = purposes.map((purpose) => ({
    name: `cdk-hnb659fds-${purpose}-role-${account}-${region}`,
    path: '/',
    maxSessionDuration: 3600,
    assumeRolePolicyDocument: statement({ Principal: { AWS: account }, Action: 'sts:AssumeRole' }),
    policies: [],
  }))
  return { ...trust, aws: [{ ...first!, roles: [...existing, ...added] }, ...others] }
}

const maySwitch = (account: string) =>
  statement({ Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${account}:role/cdk-*` })

const statement = (of: object) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...of }] })
