import * as v from 'valibot'
import type { Cloud, DeliveryName } from '../plan.ts'
import { exactly } from '../wire/schema-problems.ts'
import { type Form, poolProvider, roleArn, roleSessionName, serviceAccountEmail } from './forms.ts'

// Messages are what was expected; where the file is wrong, they follow the word `expected`.

/** Text of one form. Only actions that JSON Schema can say too: the schema of editors is generated from this one. */
const form = ({ pattern, expected }: Form, description: string) =>
  v.pipe(v.string(expected), v.regex(pattern, expected), v.description(description))

const text = (expected: string, description: string) =>
  v.pipe(v.string(expected), v.minLength(1, expected), v.description(description))

const roleItem = v.pipe(v.string(), v.regex(roleArn.pattern, roleArn.expected))
const roles = v.union(
  [
    roleItem,
    v.pipe(v.array(roleItem), v.minLength(1, 'at least one role'), v.maxLength(8, 'at most eight roles')),
  ],
  'a role ARN or a list of them',
)

const url = (description: string) =>
  form({ pattern: /^https?:\/\/\S{1,2048}$/, expected: 'an https URL' }, description)

/** Of which there are those in `sources/index.ts`, which knows a wrong name. */
export const source = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'the name of a source'))

const from = v.union(
  [
    source,
    exactly({
      source: v.pipe(source, v.description('The platform that gives the proof of identity.')),
      file: v.optional(
        text(
          'a path',
          'The file that holds the token, for token-file and kubernetes; relative to this file.',
        ),
      ),
      field: v.optional(text('a name', 'The member that holds the token, where that file is JSON.')),
      variable: v.optional(
        form(
          { pattern: /^[A-Za-z_]\w{0,255}$/, expected: 'the name of a variable' },
          'The variable that holds the token, for gitlab-ci.',
        ),
      ),
    }),
  ],
  'the name of a source, or an object with source:',
)

const duration = 'whole seconds, or a number with s, m, h or d (90m, 1h)'

const shared = {
  name: v.optional(
    form(
      { pattern: /^[A-Za-z0-9][\w.-]{0,63}$/, expected: 'letters, digits, dots, dashes and underscores' },
      'What `mayfly get` calls it. Default: the value of to.',
    ),
  ),
  from: v.optional(
    v.pipe(
      from,
      v.description('Where the proof of identity comes from. Default: the first platform that is found.'),
    ),
  ),
  audience: v.optional(
    text('an audience', "The audience to ask the source for. Default: the cloud's usual one."),
  ),
  lifetime: v.optional(
    v.pipe(
      v.union(
        [v.pipe(v.number(), v.integer(duration)), v.pipe(v.string(), v.regex(/^\d{1,9}[smhd]?$/, duration))],
        duration,
      ),
      v.description("How long the credential lives: 1h, 90m, 3600s. Default: the cloud's, one hour."),
    ),
  ),
  region: v.optional(
    form(
      { pattern: /^[a-z0-9-]{4,40}$/, expected: 'an AWS region' },
      'The AWS region of the token service and of the program. Default: where the workload is.',
    ),
  ),
  sessionName: v.optional(
    form(roleSessionName, 'RoleSessionName of the AWS roles. Default: made from the pipeline or the host.'),
  ),
  externalId: v.optional(
    form(
      { pattern: /^[\w+=,.@:/-]{2,1224}$/, expected: '2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -' },
      'ExternalId for the last AWS role.',
    ),
  ),
  endpoint: v.optional(
    url("A token service in place of the clouds' own, for every step: https, or http on loopback."),
  ),
}

/** How each cloud's credentials can be delivered. */
const awsDeliveries = ['ecs', 'env', 'credential-process'] as const satisfies readonly DeliveryName[]
const googleDeliveries = ['gce', 'env'] as const satisfies readonly DeliveryName[]
const deliver = <const N extends readonly DeliveryName[]>(names: N) =>
  v.optional(
    v.pipe(
      v.array(v.picklist(names)),
      v.description(`How the program receives it. Default: [${names[0]}]. [] is for \`mayfly get\` alone.`),
    ),
  )

const aws = exactly({
  to: v.literal('aws'),
  role: v.pipe(
    roles,
    v.description('The role to assume; a list is a chain, each role assumed by the one before it.'),
  ),
  ...shared,
  deliver: deliver(awsDeliveries),
})

const google = exactly({
  to: v.literal('google'),
  provider: form(poolProvider, 'The workload identity pool provider.'),
  serviceAccount: v.optional(
    form(serviceAccountEmail, 'The service account to impersonate. Default: none, direct access.'),
  ),
  scopes: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.minLength(1, 'a scope'))),
      v.minLength(1, 'at least one scope'),
      v.description('OAuth scopes. Default: cloud-platform.'),
    ),
  ),
  via: v.optional(
    v.pipe(
      roles,
      v.description('AWS roles to assume first, in order; the last one proves the identity to Google.'),
    ),
  ),
  project: v.optional(
    form(
      { pattern: /^[a-z0-9][a-z0-9.:-]{1,62}$/, expected: 'a project ID' },
      "The project that the program is told of. Default: GOOGLE_CLOUD_PROJECT, else the service account's.",
    ),
  ),
  tokenUrl: v.optional(
    url("Google's token endpoint, exactly. Default: endpoint + /v1/token, else Google's."),
  ),
  ...shared,
  deliver: deliver(googleDeliveries),
})

/** The members of an entry per cloud: one that is unknown may belong to the other. */
export const memberNames: Readonly<Record<Cloud, readonly string[]>> = {
  aws: Object.keys(aws.entries),
  google: Object.keys(google.entries),
}

/** mayfly.yaml. The one place that says what may be in it. */
export const fileSchema = v.pipe(
  exactly({
    credentials: v.pipe(
      v.array(v.variant('to', [aws, google])),
      v.minLength(1, 'at least one credential'),
      v.description('The credentials that the program gets.'),
    ),
  }),
  v.title('mayfly.yaml'),
)

export type FileDocument = v.InferOutput<typeof fileSchema>
export type FileCredential = FileDocument['credentials'][number]
export type AwsEntry = Extract<FileCredential, { to: 'aws' }>
export type GoogleEntry = Extract<FileCredential, { to: 'google' }>
