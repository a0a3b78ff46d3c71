import type { AccessToken, AwsCredential, Credential, CredentialKind, IdToken } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import type { Lease, Variant } from '../lease.ts'
import type { Secret } from '../secret.ts'
import type { Clock } from '../world.ts'

export type SessionCredential = AwsCredential & { readonly sessionToken: Secret }

/** AWS credentials that work now and are complete. @throws DELIVERY_KIND, LEASE_EXPIRED and what the lease throws */
export async function liveAws(lease: Lease, clock: Clock): Promise<SessionCredential> {
  const credential = await lease.get()
  if (credential.kind !== 'aws') throw wrongKind(lease.name, credential.kind, 'AWS credentials')
  const { sessionToken } = credential
  if (sessionToken === undefined)
    throw wrongKind(lease.name, 'permanent AWS key', 'short-lived AWS credentials')
  return { ...unexpired(lease, credential, clock), sessionToken }
}

/** An access token that works now. @throws DELIVERY_KIND, LEASE_EXPIRED and what the lease throws */
export async function liveAccessToken(lease: Lease, clock: Clock, variant?: Variant): Promise<AccessToken> {
  const credential = await lease.get(variant)
  if (credential.kind !== 'access-token') throw wrongKind(lease.name, credential.kind, 'an access token')
  return unexpired(lease, credential, clock)
}

/** An ID token for one audience that works now. @throws DELIVERY_KIND, LEASE_EXPIRED and what the lease throws */
export async function liveIdToken(lease: Lease, clock: Clock, audience: string): Promise<IdToken> {
  const credential = await lease.get({ audience })
  if (credential.kind !== 'id-token') throw wrongKind(lease.name, credential.kind, 'an ID token')
  return unexpired(lease, credential, clock)
}

/** `2026-11-22T03:00:00Z`: without a fraction, which botocore cannot read everywhere, and rounded down. */
export function expiryText(expiresAtMs: number): string {
  return `${new Date(expiresAtMs).toISOString().slice(0, 19)}Z`
}

// A lease never hands out an expired credential; an answer that says 200 is worth a second look all the same.
function unexpired<C extends Credential>(lease: Lease, credential: C, clock: Clock): C {
  if (credential.expiresAtMs > clock.now()) return credential
  throw new MayflyError('LEASE_EXPIRED', {
    message: `the credential "${lease.name}" expired at ${expiryText(credential.expiresAtMs)}`,
    transient: true,
  })
}

function wrongKind(name: string, kind: CredentialKind | 'permanent AWS key', wanted: string): MayflyError {
  return new MayflyError('DELIVERY_KIND', {
    message: `"${name}" holds an ${kind} credential, and ${wanted} was asked for`,
  })
}
