import type { Credential } from '../credential.ts'
import { expiryText } from './carried.ts'

/** A credential as JSON, values and all: what goes from a Mayfly to the `mayfly get` that asked for it. */
export type Revealed =
  | {
      readonly kind: 'aws'
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken?: string
      readonly expiration: string
      readonly arn?: string
      readonly region?: string
    }
  | {
      readonly kind: 'access-token'
      readonly token: string
      readonly scopes: readonly string[]
      readonly expiration: string
    }
  | {
      readonly kind: 'id-token'
      readonly token: string
      readonly audience: string
      readonly expiration: string
    }

/** Takes the values out of a credential: for the wire and for standard output only. */
export function revealed(credential: Credential): Revealed {
  const expiration = expiryText(credential.expiresAtMs)
  if (credential.kind === 'aws') {
    const { kind, accessKeyId, secretAccessKey, sessionToken, arn, region } = credential
    return {
      kind,
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken && { sessionToken: sessionToken.reveal() }),
      expiration,
      ...(arn !== undefined && { arn }),
      ...(region !== undefined && { region }),
    }
  }
  const { kind, token } = credential
  if (kind === 'id-token') return { kind, token: token.reveal(), audience: credential.audience, expiration }
  return { kind, token: token.reveal(), scopes: credential.scopes, expiration }
}
