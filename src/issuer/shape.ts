import type { IssuerAlgorithm } from '../keys/signing.ts'

export type Claims = Readonly<Record<string, unknown>>

/** What somebody says of a token, by the names that a shape's `inputs` explain. */
export type Inputs = Readonly<Record<string, string | undefined>>

/** What every token has, whatever its shape. */
export interface Token {
  /** What `iss` says. */
  readonly issuer: string
  /** Empty: what the platform puts there unless it is asked for another. */
  readonly audience: readonly string[]
  /** `iat`, in epoch seconds. */
  readonly issuedAt: number
  readonly lifetimeSeconds: number
  /** `jti` */
  readonly id: string
}

/** A platform whose tokens we can make: what is in them, and how the platform publishes its keys. */
export interface Shape {
  readonly name: string
  /** What can be said of a token and what that means, one line each. Any other name is a claim. */
  readonly inputs: Readonly<Record<string, string>>
  /** Names of claims that only some users of the platform have in their tokens: what `claims` makes has none of them. */
  readonly optional?: RegExp
  /** How long the platform's tokens live unless it is asked for another time. */
  readonly lifetimeSeconds: number
  /** Beside `alg` and `kid`; `typ: undefined` leaves `typ` out. */
  readonly header?: Readonly<Record<string, unknown>>
  /** Below the issuer's URL; `/../` leads up from there. */
  readonly jwksPath: string
  /** Every claim, in the platform's order. @throws COMMAND_USAGE for inputs that do not go together */
  claims(inputs: Inputs, token: Token): Claims
  /** The members of the discovery document besides `issuer` and `jwks_uri`, in the platform's order. */
  discovery(issuer: string, algorithm: IssuerAlgorithm): Readonly<Record<string, unknown>>
}

/** `aud` where a single one is a text: everywhere but in Kubernetes and SPIFFE. */
export function audienceClaim<Otherwise extends string | undefined>(
  audience: readonly string[],
  otherwise: Otherwise,
): string | readonly string[] | Otherwise {
  return audience.length > 1 ? audience : (audience[0] ?? otherwise)
}
