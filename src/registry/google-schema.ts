import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { exactly } from '../wire/schema-problems.ts'
import { accountId, reach } from './aws-schema.ts'
import { memberProblem } from './members.ts'
import { isPublicKeySet } from './public-key-set.ts'
import { digits, isIssuerUrl, listOf, matching, shortListOf, textUpTo, unique } from './rules.ts'

// What Google Cloud IAM takes, in the shape in which gcloud prints it; limits by the API reference of
// projects.locations.workloadIdentityPools.providers.

const identifier = v.pipe(
  matching(/^[a-z0-9-]{4,32}$/, '4 to 32 of a-z, 0-9 and -'),
  v.check(
    (id) => !id.startsWith('gcp-'),
    'a name that does not begin with gcp-, which Google keeps for itself',
  ),
)

/** The mapping of an AWS provider for which none was given, as Google's own. */
const awsMapping: Readonly<Record<string, string>> = {
  'google.subject': 'assertion.arn',
  'attribute.aws_role':
    "assertion.arn.contains('assumed-role') ? assertion.arn.extract('{account_arn}assumed-role/') + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn",
}

const attributeName = matching(
  /^(?:google\.(?:subject|groups|display_name|profile_photo|posix_username|email)|attribute\.[a-z0-9_]{1,100})$/,
  'google.subject, google.groups or attribute.NAME, where NAME is 1 to 100 of a-z, 0-9 and _',
)

const attributeMapping = v.pipe(
  v.record(attributeName, textUpTo(2048, 'a CEL expression')),
  v.check(
    (map) => Object.keys(map).filter((key) => key.startsWith('attribute.')).length <= 50,
    'at most 50 custom attributes',
  ),
)

const jwks = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    // Told without the value: somebody may have pasted the private half.
    if (dataset.typed && !isPublicJwks(dataset.value))
      addIssue({ message: 'expected a JWKS in JSON, with public keys only' })
  }),
)

const oidc = exactly({
  issuerUri: v.pipe(
    v.string(),
    v.check(
      (url) => isIssuerUrl(url, { port: true, longest: 2000 }),
      'an https URL without query or fragment',
    ),
  ),
  allowedAudiences: shortListOf(textUpTo(256, 'an audience'), 10),
  jwksJson: v.exactOptional(jwks),
  reach,
})

/** What people read, and what has no bearing on trust. */
const described = {
  displayName: v.exactOptional(
    v.pipe(v.string(), v.maxLength(32, 'a display name of at most 32 characters')),
  ),
  description: v.exactOptional(
    v.pipe(v.string(), v.maxLength(256, 'a description of at most 256 characters')),
  ),
}

/** One provider of a pool. */
export const poolProviderSchema = v.pipe(
  exactly({
    id: identifier,
    disabled: v.optional(v.boolean(), false),
    attributeMapping: v.exactOptional(attributeMapping),
    attributeCondition: v.exactOptional(
      v.pipe(v.string(), v.maxLength(4096, 'a CEL expression of at most 4096 characters')),
    ),
    oidc: v.exactOptional(oidc),
    aws: v.exactOptional(exactly({ accountId })),
    ...described,
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    for (const message of dataset.typed ? providerProblems(dataset.value) : []) addIssue({ message })
  }),
  v.transform(({ attributeMapping = awsMapping, ...rest }) => ({ ...rest, attributeMapping })),
)

export const poolSchema = exactly({
  id: identifier,
  disabled: v.optional(v.boolean(), false),
  providers: v.optional(
    v.pipe(
      v.array(poolProviderSchema),
      unique('the provider', (each) => each.id),
    ),
    [],
  ),
  ...described,
})

const member = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed && memberProblem(dataset.value)
    if (problem) addIssue({ message: problem })
  }),
)

export const bindingRole = matching(
  /^(?:roles|projects\/[^/]+\/roles|organizations\/\d+\/roles)\/[\w.]+$/,
  'a role such as roles/iam.workloadIdentityUser',
)

/** Whether the expression means something is told when the binding is compiled. */
export const bindingCondition = exactly({
  expression: textUpTo(12_000, 'a CEL expression'),
  title: textUpTo(100, 'a title'),
  description: v.exactOptional(
    v.pipe(v.string(), v.maxLength(256, 'a description of at most 256 characters')),
  ),
  location: v.exactOptional(v.string()),
})

const binding = exactly({
  role: bindingRole,
  members: v.array(member),
  condition: v.exactOptional(bindingCondition),
})

function textOfBytes(most: number, expectation: string) {
  const within = (text: string) => Buffer.byteLength(text) <= most
  return v.pipe(v.string(), v.check(within, `${expectation} of at most ${most} bytes`))
}

export const serviceAccountSchema = v.pipe(
  exactly({
    email: matching(
      /^[a-z0-9][a-z0-9.-]{0,62}@[a-z0-9][a-z0-9.-]{0,250}\.gserviceaccount\.com$/,
      "a service account's e-mail, NAME@PROJECT.iam.gserviceaccount.com",
    ),
    uniqueId: v.exactOptional(digits(/^\d{21}$/, 'a unique ID of 21 digits')),
    displayName: v.exactOptional(textOfBytes(100, 'a display name')),
    description: v.exactOptional(textOfBytes(256, 'a description')),
    disabled: v.exactOptional(v.boolean()),
    bindings: listOf(binding),
    credentialLifetimeExtension: v.exactOptional(v.boolean()),
  }),
  v.transform(({ uniqueId, ...rest }) => ({
    ...rest,
    uniqueId: uniqueId ?? uniqueIdOf(rest.email),
  })),
)

export const googleProject = exactly({
  projectNumber: digits(/^[1-9]\d{0,18}$/, 'a project number, not its ID'),
  // Four characters and not six: some early projects are shorter than today's rule.
  projectId: matching(
    /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{2,28}[a-z0-9]$/,
    'a project ID of 4 to 30 of a-z, 0-9 and -',
  ),
  bindings: v.exactOptional(v.array(binding)),
  pools: v.optional(
    v.pipe(
      v.array(poolSchema),
      unique('the pool', (each) => each.id),
    ),
    [],
  ),
  serviceAccounts: v.optional(
    v.pipe(
      v.array(serviceAccountSchema),
      unique('the service account', (each) => each.email),
    ),
    [],
  ),
})

function providerProblems(provider: { oidc?: object; aws?: object; attributeMapping?: object }): string[] {
  const { oidc, aws, attributeMapping = aws ? awsMapping : {} } = provider
  const kinds = [oidc, aws].filter(Boolean).length
  return [
    ...(kinds === 1
      ? []
      : [`a provider has either oidc or aws, and this one has ${kinds ? 'both' : 'neither'}`]),
    ...('google.subject' in attributeMapping ? [] : ['its attributeMapping has to map google.subject']),
  ]
}

/** What Google has beside oidc and aws. */
export function otherProviderKind(name: string): string | undefined {
  const kind = { saml: 'SAML', x509: 'X.509' }[name]
  return kind && `makes this a provider for ${kind}, and here providers are for OIDC (oidc) or AWS (aws)`
}

/** 21 digits that follow from the e-mail, so that they stay the same from one start to the next. */
export function uniqueIdOf(email: string): string {
  const hash = createHash('sha256').update(email).digest()
  return `1${(hash.readBigUInt64BE() * 10n).toString().padStart(20, '0').slice(-20)}`
}

function isPublicJwks(text: string): boolean {
  try {
    return isPublicKeySet(JSON.parse(text).keys)
  } catch {
    return false
  }
}
