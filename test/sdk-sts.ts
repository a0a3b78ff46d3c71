import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { AwsAccountDocument } from '../src/registry/documents.ts'
import { serveSts } from '../src/sts/serve.ts'
import { account, awsTrust, role, roleArn, storyTrust, tokenOf, trustSide, trusts } from './trust-side.ts'

/** An identity policy. */
export const may = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})
export const provider = `arn:aws:iam::${account}:oidc-provider/gitlab.com`

/** A token service over HTTP, and clients of AWS's own SDK for it. */
export async function served(t: TestContext, home: Partial<AwsAccountDocument> = {}) {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: provider },
        Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
      },
    ],
  }
  const everything = may('sts:*', 's3:*')
  const roles = [
    role('app', trust, { policies: [everything], tags: [{ key: 'team', value: 'shop' }] }),
    role('poor', trust),
    role('next', trusts({ AWS: roleArn('app') }, 'sts:*')),
  ]
  const { oidcProviders } = storyTrust.aws[0]!
  const side = trustSide({
    document: awsTrust({ account, oidcProviders, roles, outboundWebIdentityFederation: true, ...home }),
  })
  // An SDK goes by the Date of an answer once it was refused, and node:http dates its answers by the machine's clock.
  side.clock.jump(Math.floor(Date.now() / 1000) * 1000 - side.clock.now())
  const server = await serveSts({ sts: side.sts })
  t.after(() => server.close())
  const client = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => {
    const made = new STSClient({
      endpoint: server.url,
      region: 'eu-west-1',
      credentials,
      maxAttempts: 1,
    })
    t.after(() => made.destroy())
    return made
  }
  const session = async (name = 'app', claims = {}, more = {}) => {
    const anonymous = client({ accessKeyId: 'x', secretAccessKey: 'x' })
    const answer = await anonymous.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn(name),
        RoleSessionName: 'job-7',
        WebIdentityToken: tokenOf(side, claims),
        ...more,
      }),
    )
    return { answer, sts: client(sdkCredentials(answer.Credentials!)) }
  }
  return { side, server, client, session }
}

interface Given {
  readonly AccessKeyId: string | undefined
  readonly SecretAccessKey: string | undefined
  readonly SessionToken: string | undefined
}

export function sdkCredentials({ AccessKeyId, SecretAccessKey, SessionToken }: Given) {
  return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! }
}

/** An SDK's error, by its name, message and status. */
export const refusal = (name: string, message: string | RegExp, status: number) => (error: unknown) => {
  const { name: told, message: said, $metadata } = error as Error & { $metadata: { httpStatusCode: number } }
  assert.deepEqual([told, $metadata.httpStatusCode], [name, status], said)
  if (typeof message === 'string') assert.equal(said, message)
  else assert.match(said, message)
  return true
}

/** A command of an SDK that does not know all parameters yet: these are added to the form that it makes, before it signs. */
export function withFields<Made>(command: Made, fields: Readonly<Record<string, string>>): Made {
  const { middlewareStack } = command as unknown as Stacked
  middlewareStack.add(
    (next) => (args) => {
      const { body, headers } = args.request
      const longer = `${body}&${new URLSearchParams(fields)}`
      Object.assign(args.request, {
        body: longer,
        headers: { ...headers, 'content-length': String(longer.length) },
      })
      return next(args)
    },
    { step: 'build' },
  )
  return command
}

interface Stacked {
  readonly middlewareStack: { add(step: Middleware, at: { step: 'build' }): void }
}

interface SdkForm {
  readonly request: { readonly body: string; readonly headers: Readonly<Record<string, string>> }
}
type Middleware = (next: (args: SdkForm) => unknown) => (args: SdkForm) => unknown
