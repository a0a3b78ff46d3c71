import * as v from 'valibot'
import { exactly } from '../wire/schema-problems.ts'
import { caseless, digits, isIssuerUrl, listOf, matching, shortListOf, textUpTo, unique } from './rules.ts'

// What AWS IAM takes, by its limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and the
// API reference of CreateOpenIDConnectProvider and CreateRole.

export const accountId = digits(/^\d{12}$/, 'an account ID of twelve digits')

export const reach = v.optional(v.picklist(['public', 'any']), 'public')

const providerUrl = v.pipe(
  v.string(),
  v.check(
    (url) => isIssuerUrl(url, { longest: 255 }),
    'an https URL without port, query or fragment, as AWS takes it',
  ),
)

/** A policy in place. Text and `{ file: … }` have become this by the time the schema sees it. */
export const policy = v.record(v.string(), v.unknown(), 'a policy document, its JSON text, or { file: … }')

const policyDocument = v.pipe(
  policy,
  v.check((document) => 'Statement' in document, 'a policy document with a Statement'),
)

const path = v.optional(
  v.pipe(
    matching(/^\/(?:[!-~]+\/)?$/, 'a path that begins and ends with /'),
    v.maxLength(512, 'at most 512 characters'),
  ),
  '/',
)

const policyArn = matching(
  /^arn:aws[a-z-]{0,16}:iam::(?:\d{12}|aws):policy\/[!-~]{1,512}$/,
  'the ARN of a managed policy',
)

const tagText = (pattern: RegExp, expectation: string) =>
  v.pipe(
    v.string(expectation),
    // Not as a pattern: JSON Schema knows no letters of all scripts.
    v.check((text) => pattern.test(text), expectation),
  )

const tag = exactly({
  key: tagText(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u, 'a tag key of 1 to 128 letters, digits and _.:/=+-@'),
  value: tagText(
    /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u,
    'a tag value of at most 256 letters, digits and _.:/=+-@',
  ),
})

// IAM keeps tag keys apart without regard to letter case.
const tags = v.exactOptional(
  v.pipe(
    v.array(tag),
    v.maxLength(50, 'at most 50 tags'),
    unique('the tag', (each) => caseless(each.key)),
  ),
)

const oidcProvider = exactly({
  url: providerUrl,
  clientIds: shortListOf(textUpTo(255, 'a client ID'), 100),
  thumbprints: shortListOf(matching(/^[0-9A-Fa-f]{40}$/, 'a SHA-1 thumbprint of 40 hexadecimal digits'), 5),
  reach,
  tags,
})

/** Roles and users have these alike. */
const limits = {
  policies: listOf(policyDocument),
  managedPolicyArns: v.exactOptional(v.pipe(v.array(policyArn), v.maxLength(20, 'at most 20 policies'))),
  permissionsBoundary: v.exactOptional(policyArn),
  tags,
}

const policyName = matching(/^[\w+=,.@-]{1,128}$/, 'a policy name of 1 to 128 letters, digits and _+=,.@-')

const description = v.exactOptional(v.pipe(v.string(), v.maxLength(1000, 'at most 1000 characters')))

const managedPolicy = exactly({ name: policyName, path, policyDocument, description, tags })

const mfaDevice = exactly({
  serialNumber: matching(/^[\w+=/:,.@-]{9,256}$/, 'a serial number, as arn:aws:iam::123456789012:mfa/ann'),
})

const user = exactly({
  name: matching(/^[\w+=,.@-]{1,64}$/, 'a user name of 1 to 64 letters, digits and _+=,.@-'),
  path,
  ...limits,
  accessKeys: shortListOf(
    exactly({
      id: matching(/^AKIA[Q-Z2-7][A-Z2-7]{15}$/, 'an access key ID as `mayfly issue aws-key` makes it'),
    }),
    2,
  ),
  mfaDevices: v.exactOptional(v.pipe(v.array(mfaDevice), v.maxLength(8, 'at most 8 devices'))),
})

const sessionSeconds = '3600 to 43200 seconds'

const role = exactly({
  name: matching(/^[\w+=,.@-]{1,64}$/, 'a role name of 1 to 64 letters, digits and _+=,.@-'),
  path,
  maxSessionDuration: v.optional(
    v.pipe(
      v.number(sessionSeconds),
      v.integer(sessionSeconds),
      v.minValue(3600, sessionSeconds),
      v.maxValue(43200, sessionSeconds),
    ),
    3600,
  ),
  assumeRolePolicyDocument: policyDocument,
  ...limits,
  inlinePolicies: v.exactOptional(
    v.pipe(
      v.array(exactly({ name: policyName, policyDocument })),
      unique('the policy', (each) => each.name),
    ),
  ),
  description,
})

export const awsAccount = exactly({
  account: accountId,
  oidcProviders: v.optional(
    v.pipe(
      v.array(oidcProvider),
      unique('the provider', (each) => each.url),
    ),
    [],
  ),
  // IAM keeps role names apart without regard to letter case.
  roles: v.optional(
    v.pipe(
      v.array(role),
      unique('the role', (each) => caseless(each.name)),
    ),
    [],
  ),
  managedPolicies: v.exactOptional(
    v.pipe(
      v.array(managedPolicy),
      unique('the managed policy', (each) => caseless(each.name)),
    ),
  ),
  users: v.exactOptional(
    v.pipe(
      v.array(user),
      unique('the user', (each) => caseless(each.name)),
    ),
  ),
  outboundWebIdentityFederation: v.exactOptional(v.boolean()),
})
