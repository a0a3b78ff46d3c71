import type { Constraint, ListConstraint, Pattern } from '../../wire/aws-parameters.ts'

const arn: Pattern = {
  source: '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+',
  test: /^[\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u,
}
const word: Pattern = { source: '[\\w+=,.@-]*', test: /^[\w+=,.@-]*$/ }
const letters: Pattern = { source: '[\\w]*', test: /^\w*$/ }
const externalId: Pattern = { source: '[\\w+=,.@:\\/-]*', test: /^[\w+=,.@:/-]*$/ }
const serialNumber: Pattern = { source: '[\\w+=/:,.@-]*', test: /^[\w+=/:,.@-]*$/ }
const sixDigits: Pattern = { source: '[\\d]*', test: /^\d*$/ }
const policyText: Pattern = {
  source: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
  test: /^[\t\n\r\u0020-\u00ff]+$/,
}
const scopeTokens: Pattern = {
  source: '[\\x21\\x23-\\x2B\\x2D-\\x5B\\x5D-\\x7E]+( [\\x21\\x23-\\x2B\\x2D-\\x5B\\x5D-\\x7E]+)*',
  test: /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+(?: [\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+)*$/,
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
  roleArn: { name: 'RoleArn', required: true, length: [20, 2048], pattern: arn },
  sessionName: { name: 'RoleSessionName', required: true, length: [2, 64], pattern: word },
  token: { name: 'WebIdentityToken', required: true, length: [4, 20_000], secret: true },
  durationSeconds: { name: 'DurationSeconds', range: [900, 43_200] },
  externalId: { name: 'ExternalId', length: [2, 1224], pattern: externalId },
  policy: { name: 'Policy', length: [1, 2048], pattern: policyText },
  policyArns: {
    name: 'PolicyArns',
    items: [0, 10],
    fields: [{ name: 'arn', required: true, length: [20, 2048], pattern: arn }],
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
  sourceIdentity: { name: 'SourceIdentity', length: [2, 256], pattern: word },
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
  scope: { name: 'Scope', length: [1, 256], pattern: scopeTokens },
  subjectMode: { name: 'SubjectMode', words: ['AWSIdentity', 'OriginIdentity'] },
  tokenSeconds: { name: 'DurationSeconds', range: [60, 3600] },
  providedContexts: {
    name: 'ProvidedContexts',
    items: [1, 5],
    fields: [
      { name: 'ProviderArn', length: [20, 2048], pattern: arn },
      { name: 'ContextAssertion', length: [4, 3072], secret: true },
    ],
  },
} as const satisfies Record<string, Constraint | ListConstraint>
