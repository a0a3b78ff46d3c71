import type {
  GivenAuthorizationServer,
  GivenCredential,
  GivenPoolProvider,
  GivenProjectBindings,
  GivenRole,
  GivenServiceAccount,
  GivenTrust,
} from '../registry/given.ts'
import type { OauthTarget } from '../sts/oauth/explain-oauth.ts'
import type { Path } from '../wire/placed-document.ts'

export type Claims = Readonly<Record<string, unknown>>

/** From `high` on, `mayfly lint` ends with exit code 1. */
export const severities = ['critical', 'high', 'medium', 'low'] as const
export type Severity = (typeof severities)[number]

/** One class of mistakes that a document can show. */
export interface Rule {
  /** Stable: people silence findings by it. */
  readonly id: string
  readonly severity: Severity
  /** What is wrong, in a clause. */
  readonly what: string
  /** What comes of it, in a sentence or two. */
  readonly why: string
  find(given: GivenTrust): readonly Suspicion[]
}

/** What may be wrong with one document, and how to see it: what a token can show is reported when the engine confirms it. */
export interface Suspicion {
  readonly document: Suspect
  /** Below the document's place. */
  readonly path: Path
  readonly message: string
  /** The title of a condition: it is so while that holds, and nobody here looks at whether it does. */
  readonly during?: string
  /**
   * `admits`: a token gets through that should not. `refuses`: one that is meant to get through does not. `weakens`: no
   * token shows it, and it is worth mending all the same.
   */
  readonly effect: 'admits' | 'refuses' | 'weakens'
  /** Tokens that may show it: the first that the engine confirms is the example. */
  readonly tokens: readonly Claims[]
  /** Tokens that should pass: the first that passes with the fixed document is shown. None where no token is asked for. */
  readonly legitimate: readonly Claims[]
  readonly asks?: Asks
  /** The same for the legitimate tokens. Default: `asks`. */
  readonly legitimateAsks?: Asks
  /** The document as it should be. */
  readonly fixed: object
  /** Reported only where the fix works: otherwise the token is let in, or kept out, by something else. */
  readonly needsFix?: true
}

/** A document of which something is suspected. */
export type Suspect =
  | { readonly kind: 'role'; readonly given: GivenRole }
  | { readonly kind: 'provider'; readonly given: GivenPoolProvider }
  | { readonly kind: 'account'; readonly given: GivenServiceAccount }
  | { readonly kind: 'project'; readonly given: GivenProjectBindings }
  | { readonly kind: 'credential'; readonly given: GivenCredential }
  | { readonly kind: 'server'; readonly given: GivenAuthorizationServer }

/** What tokens are presented for, where that does not follow from the suspected document. */
export type Asks = GoogleAsks | OauthAsks

export interface GoogleAsks {
  readonly cloud: 'google'
  readonly provider: GivenPoolProvider
  readonly account: GivenServiceAccount
}

/** Who asks an authorization server, and for what. */
export type OauthAsks = Omit<OauthTarget, 'authorizationServer'>

export interface Example {
  readonly claims: Claims
  readonly decision: 'allow' | 'deny'
  /** Of an authorization server: the client that asks, what for, and claims of the token of whoever acts for the subject. */
  readonly client?: string
  readonly resource?: string
  readonly actor?: Claims
}

export interface Finding {
  readonly rule: string
  readonly severity: Severity
  readonly file: string
  readonly line: number
  /** What it is about, as `role arn:aws:iam::…`; absent where the file does not name it. */
  readonly document?: string
  readonly message: string
  /** A token's claims, and what the engine decides for it now. */
  readonly example?: Example
  /** The vendor's document, corrected: with it the example is decided otherwise, and `legitimate` is allowed. */
  readonly fixed?: unknown
  readonly legitimate?: Claims
}
