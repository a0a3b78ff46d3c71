import type { TestContext } from 'node:test'
import type { TrustDocument } from '../src/registry/documents.ts'
import { memoryStore } from '../src/registry/memory-store.ts'
import { type AuditRecord, type AuditSetting, createAudit } from '../src/sts/audit.ts'
import { openSts, type StsSetting } from '../src/sts/create.ts'
import { sealAccessToken } from '../src/sts/google/access-token.ts'
import { stsApp } from '../src/sts/server.ts'
import type { GooglePrincipal } from '../src/trust/google-bindings.ts'
import type { AccessBoundary } from '../src/trust/google-boundary.ts'
import { encodeForm } from '../src/wire/form.ts'
import { testClock } from './clock.ts'
import { loader, storyTrust, tokenOf } from './trust-side.ts'

export const account = (name: string) => `${name}@acme.iam.gserviceaccount.com`
const bound = (role: string, name: string) => ({ role, members: [`serviceAccount:${account(name)}`] })
const registered = (name: string, last: number) => ({
  email: account(name),
  uniqueId: `20000000000000000000${last}`,
  bindings: [],
})
const [acme] = storyTrust.google
/** The stories' trust, with who may call Google's IAM. */
export const googleTrust: TrustDocument = {
  ...storyTrust,
  google: [
    {
      ...acme!,
      bindings: [
        bound('roles/owner', 'admin'),
        bound('roles/viewer', 'viewer'),
        bound('roles/iam.workloadIdentityPoolAdmin', 'pools'),
      ],
      serviceAccounts: [
        ...acme!.serviceAccounts,
        ...['admin', 'viewer', 'pools', 'nobody'].map((name, i) => registered(name, i)),
      ],
    },
  ],
}

export const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'

export interface Calling {
  readonly by?: string
  readonly scopes?: readonly string[]
  /** Of a downscoped token. */
  readonly boundary?: AccessBoundary
}

/** A token service that takes IAM's calls, and whoever calls. */
export async function googleIamSide(
  t: TestContext,
  audit: Partial<AuditSetting> = {},
  more: Pick<StsSetting, 'limits'> = {},
) {
  const clock = testClock()
  const { now } = clock
  const records: AuditRecord[] = []
  const sts = await openSts({
    document: googleTrust,
    store: memoryStore(),
    now,
    ...more,
    onError: (error) => t.assert.fail(error as Error),
    audit: createAudit({ sinks: [(record) => records.push(record)], now, ...audit }),
  })
  t.after(() => sts.registry.close())
  const app = stsApp(sts)
  const send = async (url: string, init: RequestInit) => {
    const answer = await app.request(url, init)
    const body = JSON.parse((await answer.text()) || '{}')
    const { status, message } = body.error ?? {}
    return {
      status: answer.status,
      body,
      code: status as string | undefined,
      message: message as string | undefined,
    }
  }
  const bearer = ({ by = account('admin'), scopes = [cloudPlatform], ...more }: Calling = {}) => {
    const principal: GooglePrincipal = { type: 'service-account', email: by }
    const times = { issuedAtMs: now(), expiresAtMs: now() + 3_600_000 }
    return sealAccessToken({ principal, scopes, ...times, ...more }, sts.keys.sealing)
  }
  const call = (method: string, path: string, body?: unknown, calling: Calling = {}) =>
    send(`https://iam.googleapis.com/v1/projects/${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer(calling)}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  /** A token of GitLab's at the provider of that name: `bq-pool/providers/gitlab`. */
  const exchange = async (
    provider: string,
    claims: Readonly<Record<string, unknown>> = {},
    signed: Parameters<typeof tokenOf>[2] = {},
  ) => {
    const audience = `//iam.googleapis.com/projects/111111111111/locations/global/workloadIdentityPools/${provider}`
    const subject_token = tokenOf(
      { sts, seconds: () => Math.floor(now() / 1000) },
      { aud: audience, ...claims },
      signed,
    )
    const { body } = await send('https://sts.googleapis.com/v1/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: encodeForm({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        scope: cloudPlatform,
        audience,
        subject_token,
      }),
    })
    return body as { access_token?: string; error?: string }
  }
  const impersonate = (token: string, email = loader) =>
    send(`https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${email}:generateAccessToken`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ scope: [cloudPlatform] }),
    })
  return { call, exchange, impersonate, send, bearer, clock, records, sts }
}

export type GoogleIamSide = Awaited<ReturnType<typeof googleIamSide>>
