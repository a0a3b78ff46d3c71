import type { Constraint, ListConstraint, Pattern } from '../../wire/aws-parameters.ts'

const word: Pattern = { source: '[\\w+=,.@-]*', test: /^[\w+=,.@-]*$/ }
const letters: Pattern = { source: '[\\w]*', test: /^\w*$/ }
const externalId: Pattern = { source: '[\\w+=,.@:\\/-]*', test: /^[\w+=,.@:/-]*$/ }
const serialNumber: Pattern = { source: '[\\w+=/:,.@-]*', test: /^[\w+=/:,.@-]*$/ }
const sixDigits: Pattern = { source: '[\\d]*', test: /^\d*$/ }
const policyText: Pattern = {
  source: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
  test: /^[\t\n\r\u0020-\u00ff]+$/,
}
const tagKey: Pattern = {
  source: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+',
  test: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u,
}
const tagValue: Pattern = {
  source: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*',
  test: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
}

/** Every parameter of the operations, once (botocore `sts/2011-06-15/service-2.json`). */
export const constraints = {
  roleArn: { name: 'RoleArn', required: true, length: [20, 2048] },
  sessionName: { name: 'RoleSessionName', required: true, length: [2, 64], pattern: word },
  token: { name: 'WebIdentityToken', required: true, length: [4, 20_000], secret: true },
  durationSeconds: { name: 'DurationSeconds', range: [900, 43_200] },
  externalId: { name: 'ExternalId', length: [2, 1224], pattern: externalId },
  policy: { name: 'Policy', length: [1, 2048], pattern: policyText },
  policyArns: {
    name: 'PolicyArns',
    items: [0, 10],
    fields: [{ name: 'arn', required: true, length: [20, 2048] }],
  },
  tags: {
    name: 'Tags',
    items: [0, 50],
    fields: [
      { name: 'Key', required: true, length: [1, 128], pattern: tagKey },
      { name: 'Value', required: true, length: [0, 256], pattern: tagValue },
    ],
  },
  transitiveTagKeys: {
    name: 'TransitiveTagKeys',
    items: [0, 50],
    fields: [{ name: '', length: [1, 128], pattern: tagKey }],
  },
  sourceIdentity: { name: 'SourceIdentity', length: [2, 64], pattern: word },
  serialNumber: { name: 'SerialNumber', length: [9, 256], pattern: serialNumber },
  tokenCode: { name: 'TokenCode', length: [6, 6], pattern: sixDigits, secret: true },
  /** Of a session of a user, up to 36 hours. */
  userSeconds: { name: 'DurationSeconds', range: [900, 129_600] },
  federatedName: { name: 'Name', required: true, length: [2, 32], pattern: word },
  minimumTokenSize: { name: 'MinimumSessionTokenSize', range: [0, 4096] },
  accessKeyId: { name: 'AccessKeyId', required: true, length: [16, 128], pattern: letters },
  encodedMessage: { name: 'EncodedMessage', required: true, length: [1, 10_240] },
  audience: {
    name: 'Audience',
    required: true,
    items: [1, 10],
    fields: [{ name: '', length: [1, 1000] }],
  },
  signingAlgorithm: { name: 'SigningAlgorithm', required: true, words: ['RS256', 'ES384'] },
  tokenSeconds: { name: 'DurationSeconds', range: [60, 3600] },
  providedContexts: {
    name: 'ProvidedContexts',
    items: [0, 5],
    fields: [
      { name: 'ProviderArn', length: [20, 2048] },
      { name: 'ContextAssertion', length: [4, 2048], secret: true },
    ],
  },
} as const satisfies Record<string, Constraint | ListConstraint>
