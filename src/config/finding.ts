import type { Attempt } from '../errors.ts'
import type { CredentialPlan } from '../plan.ts'

/** What one kind of existing configuration came to: a plan, or what was looked for in vain. */
export type Finding = { readonly plan: CredentialPlan } | { readonly absent: readonly Attempt[] }
