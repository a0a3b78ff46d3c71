/** What a text has to look like, and how messages call that. */
export interface Form {
  readonly pattern: RegExp
  /** Follows the word `expected`. */
  readonly expected: string
}

/** In every partition: aws, aws-cn, aws-us-gov, … */
export const roleArn: Form = {
  pattern: /^arn:aws[a-z-]{0,16}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
  expected: 'a role ARN such as arn:aws:iam::123456789012:role/deploy',
}

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
