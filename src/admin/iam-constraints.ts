import type { Constraint, ListConstraint, Pattern } from '../wire/aws-parameters.ts'

const word: Pattern = {
  source: '[\\w+=,.@-]+',
  test: /^[\w+=,.@-]+$/,
  sentence: 'It must contain only alphanumeric characters and/or the following: +=,.@_-',
}
const path: Pattern = {
  source: '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)',
  test: /^\/$|^\/[!-~]+\/$/,
}
const pathPrefix: Pattern = { source: '\\u002F[\\u0021-\\u007F]*', test: /^\/[!-\u007f]*$/ }
const policyPath: Pattern = {
  source: '((/[A-Za-z0-9\\.,\\+@=_-]+)*)/',
  test: /^(?:\/[A-Za-z0-9.,+@=_-]+)*\/$/,
}
const version: Pattern = {
  source: 'v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?',
  test: /^v[1-9]\d*(?:\.[A-Za-z0-9-]*)?$/,
}
const policyText: Pattern = {
  source: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
  test: /^[\t\n\r\u0020-\u00ff]+$/,
}
const description: Pattern = {
  source: '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*',
  test: /^[\t\n\r\u0020-\u007e\u00a1-\u00ff]*$/,
}
const marker: Pattern = { source: '[\\u0020-\\u00FF]+', test: /^[\u0020-\u00ff]+$/ }
const tagKey: Pattern = {
  source: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+',
  test: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u,
}
const tagValue: Pattern = {
  source: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*',
  test: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
}

const tagFields = [
  { name: 'Key', required: true, length: [1, 128], pattern: tagKey },
  { name: 'Value', required: true, length: [0, 256], pattern: tagValue },
] as const satisfies Constraint[]

/** Room for more client IDs than the quota, which has an error of its own. */
const mostMembers = 999

/** Every parameter of the operations, once (botocore `iam/2010-05-08/service-2.json`). */
export const constraints = {
  roleName: { name: 'RoleName', required: true, length: [1, 64], pattern: word },
  path: { name: 'Path', length: [1, 512], pattern: path },
  pathPrefix: { name: 'PathPrefix', length: [1, 512], pattern: pathPrefix },
  trustPolicy: {
    name: 'AssumeRolePolicyDocument',
    required: true,
    length: [1, 131_072],
    pattern: policyText,
  },
  policyDocument: { name: 'PolicyDocument', required: true, length: [1, 131_072], pattern: policyText },
  policyName: { name: 'PolicyName', required: true, length: [1, 128], pattern: word },
  policyArn: { name: 'PolicyArn', required: true, length: [20, 2048] },
  policyPath: { name: 'Path', length: [1, 512], pattern: policyPath },
  policyPathPrefix: { name: 'PathPrefix', length: [1, 512], pattern: policyPath },
  policyDescription: { name: 'Description', length: [0, 1000] },
  scope: { name: 'Scope', words: ['All', 'AWS', 'Local'] },
  onlyAttached: { name: 'OnlyAttached', words: ['true', 'false'] },
  setAsDefault: { name: 'SetAsDefault', words: ['true', 'false'] },
  usage: { name: 'PolicyUsageFilter', words: ['PermissionsPolicy', 'PermissionsBoundary'] },
  entities: {
    name: 'EntityFilter',
    words: ['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy'],
  },
  entityPath: { name: 'PathPrefix', length: [1, 512], pattern: path },
  versionId: { name: 'VersionId', required: true, pattern: version },
  description: { name: 'Description', length: [0, 1000], pattern: description },
  newDescription: { name: 'Description', required: true, length: [0, 1000], pattern: description },
  maxSessionDuration: { name: 'MaxSessionDuration', range: [3600, 43_200] },
  boundary: { name: 'PermissionsBoundary', length: [20, 2048] },
  newBoundary: { name: 'PermissionsBoundary', required: true, length: [20, 2048] },
  tags: { name: 'Tags', items: [0, 50], fields: tagFields },
  newTags: { name: 'Tags', required: true, items: [0, 50], fields: tagFields },
  tagKeys: {
    name: 'TagKeys',
    required: true,
    items: [0, 50],
    fields: [{ name: '', length: [1, 128], pattern: tagKey }],
  },
  providerArn: { name: 'OpenIDConnectProviderArn', required: true, length: [20, 2048] },
  url: { name: 'Url', required: true, length: [1, 255] },
  clientId: { name: 'ClientID', required: true, length: [1, 255] },
  clientIds: { name: 'ClientIDList', items: [0, mostMembers], fields: [{ name: '', length: [1, 255] }] },
  thumbprints: { name: 'ThumbprintList', items: [0, mostMembers], fields: [{ name: '', length: [40, 40] }] },
  newThumbprints: {
    name: 'ThumbprintList',
    required: true,
    items: [0, mostMembers],
    fields: [{ name: '', length: [40, 40] }],
  },
  marker: { name: 'Marker', length: [1, 320], pattern: marker },
  maxItems: { name: 'MaxItems', range: [1, 1000] },
} as const satisfies Record<string, Constraint | ListConstraint>
