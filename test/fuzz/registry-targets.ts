import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parseGiven } from '../../src/registry/read-given.ts'
import { parseTrust } from '../../src/registry/trust-file.ts'
import { compileSnapshot } from '../../src/sts/snapshot.ts'
import type { Target } from './target.ts'
import { terraformPlans } from './terraform-plans.ts'

const example = readFileSync(new URL('../../examples/trust.yaml', import.meta.url), 'utf8')
const role = {
  RoleName: 'deploy',
  Arn: 'arn:aws:iam::111122223333:role/deploy',
  AssumeRolePolicyDocument: {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' },
  },
}
const credential = {
  name: 'main',
  issuer: 'https://gitlab.com',
  subject: 'x',
  audiences: ['api://AzureADTokenExchange'],
}
const yamlWords = [
  '- ',
  ': ',
  '\n',
  '\n  ',
  '&a ',
  '*a',
  '<<: ',
  '!!binary ',
  '!!js/function ',
  '|',
  '>',
  '? ',
  '{',
  '[',
  '#',
  '---\n',
  '~',
]

/** Files that say who is trusted; `{ file: … }` in them is not read here. */
export const registryTargets: readonly Target[] = [
  {
    name: 'trust-file',
    corpus: [
      example,
      '{"issuers":[{"url":"https://gitlab.com","shape":"gitlab"}],"aws":[{"account":"123456789012"}]}',
    ],
    words: [...yamlWords, 'issuers:', 'aws:', 'google:', 'entra:', '"0123"', '0o17', '.inf'],
    refusals: ['REGISTRY_DOCUMENT'],
    read(text) {
      const trust = parseTrust(text, 'trust.yaml', noFile)
      compileSnapshot(trust)
      assert.deepEqual(parseTrust(JSON.stringify(trust), 'trust.json', noFile), trust)
    },
  },
  {
    name: 'given',
    corpus: [
      JSON.stringify({ Role: role }),
      JSON.stringify({
        Roles: [
          {
            ...role,
            AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(role.AssumeRolePolicyDocument)),
          },
        ],
      }),
      JSON.stringify({ value: [credential] }),
      JSON.stringify({
        bindings: [{ role: 'roles/iam.workloadIdentityUser', members: ['principalSet://x'] }],
        etag: 'BwX',
      }),
      'name: projects/1/locations/global/workloadIdentityPools/p/providers/q\noidc:\n  issuerUri: https://gitlab.com\n',
      ...terraformPlans,
    ],
    words: [
      ...yamlWords,
      '"Statement":',
      '"Role":',
      '"bindings":',
      '"value":[',
      '"resource_changes":',
      '"after_unknown":{',
      '"child_modules":[{',
      '"policy_data":',
      '"workload_identity_pool_id":',
      'true',
      'null',
      '"Url":',
      '"ClientIDList":',
    ],
    refusals: ['REGISTRY_DOCUMENT', 'TRUST_POLICY'],
    read: (text) => parseGiven(text, 'given.json'),
  },
]

function noFile(path: string): never {
  throw Object.assign(new Error(`${path} is not read`), { code: 'ENOENT' })
}
