/** What a text has to look like, and how messages call that. */
export interface Form {
  readonly pattern: RegExp
  /** Follows the word `expected`. */
  readonly expected: string
}

const expectedArn = 'a role ARN such as arn:aws:iam::123456789012:role/deploy'

/** In every partition: aws, aws-cn, aws-us-gov, … */
const roleArnOfAws: Form = {
  pattern: /^arn:aws[a-z-]{0,16}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
  expected: expectedArn,
}

/** Of any token service: MinIO has a partition of its own and no accounts, Ceph tenants for them, SeaweedFS no place for them. */
export const roleArn: Form = {
  pattern: /^arn:[a-z][a-z0-9-]{0,31}:iam:[\w-]{0,64}(?::[\w$-]{0,64})?:role\/[\w+=,.@/-]{1,512}$/,
  expected: expectedArn,
}

/** What a role has to look like at that endpoint. Without one it is AWS's own, where a mistyped ARN is told before it is sent. */
export const roleArnAt = (endpoint: string | undefined): Form => (endpoint ? roleArn : roleArnOfAws)

/** What AWS takes as RoleSessionName. */
export const roleSessionName: Form = {
  pattern: /^[\w+=,.@-]{2,64}$/,
  expected: '2 to 64 of A-Z a-z 0-9 _ + = , . @ -',
}

/** A provider's resource name: the project by its number, since Google's token service knows no project IDs here. */
export const poolProvider: Form = {
  pattern:
    /^(?:(?:https:)?\/\/iam\.googleapis\.com\/)?projects\/\d{1,20}\/locations\/[\w-]{1,32}\/workloadIdentityPools\/[\w-]{1,64}\/providers\/[\w-]{1,64}$/,
  expected:
    'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER (the number of the project, not its ID)',
}

export const serviceAccountEmail: Form = {
  pattern: /^[\w.-]{1,128}@[\w.-]{1,253}$/,
  expected: 'the e-mail of a service account',
}
