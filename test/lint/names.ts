// Whom the documents about trust are of.

/** By the ID of a rule. */
export type Documents = Readonly<Record<string, readonly object[]>>

export const github = 'token.actions.githubusercontent.com'
export const main = 'repo:acme/shop:ref:refs/heads/main'
export const pool = 'projects/111/locations/global/workloadIdentityPools/ci-pool'
export const ownerId = "assertion.repository_owner_id == '123'"
