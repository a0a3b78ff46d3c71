import type { TestContext } from 'node:test'
import { IAMClient } from '@aws-sdk/client-iam'
import { STSClient } from '@aws-sdk/client-sts'
import type { AwsAccountDocument, UserDocument } from '../src/registry/documents.ts'
import { memoryStore } from '../src/registry/memory-store.ts'
import { type AuditRecord, type AuditSetting, createAudit } from '../src/sts/audit.ts'
import { secretsOfUserKey } from '../src/sts/aws/user-key.ts'
import { type OpenStsSetting, openSts } from '../src/sts/create.ts'
import { serveSts } from '../src/sts/serve.ts'
import { userKeyId } from '../src/wire/aws-ids.ts'
import { account, awsTrust, tokenOf } from './trust-side.ts'

export interface SdkCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** A user with a permanent key. */
export function user(name: string, more: Partial<UserDocument> = {}): UserDocument {
  return { name, path: '/', policies: [], accessKeys: [{ id: userKeyId(account) }], ...more }
}

export const admin = user('admin', { managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })

/** A token service that takes admin calls, over HTTP, and clients of AWS's own SDK for it. */
export async function administered(
  t: TestContext,
  home: Partial<AwsAccountDocument> = {},
  audit: Partial<AuditSetting> = {},
  more: Partial<OpenStsSetting> = {},
) {
  const records: AuditRecord[] = []
  const errors: unknown[] = []
  const { users = [admin], ...rest } = home
  const sts = await openSts({
    document: awsTrust({ account, oidcProviders: [], roles: [], ...rest, users }),
    store: memoryStore(),
    onError: (error) => errors.push(error),
    audit: createAudit({ sinks: [(record) => records.push(record)], now: Date.now, ...audit }),
    ...more,
  })
  const server = await serveSts({ sts })
  t.after(async () => {
    await server.close()
    await sts.registry.close()
  })
  const keyOf = (name: string): SdkCredentials => {
    const id = users.find((each) => each.name === name)!.accessKeys[0]!.id
    return { accessKeyId: id, secretAccessKey: secretsOfUserKey(id, sts.keys.sealing)[0]! }
  }
  const setting = (credentials: SdkCredentials) => ({
    endpoint: server.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  })
  const closing = <Client extends { destroy(): void }>(client: Client): Client => {
    t.after(() => client.destroy())
    return client
  }
  const iam = (credentials = keyOf('admin')) => closing(new IAMClient(setting(credentials)))
  const client = (credentials = keyOf('admin')) => closing(new STSClient(setting(credentials)))
  const token = () => tokenOf({ sts, seconds: () => Math.floor(Date.now() / 1000) })
  return { sts, server, records, errors, keyOf, iam, client, token }
}
