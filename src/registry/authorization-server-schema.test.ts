import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MayflyError } from '../errors.ts'
import { parseTrust } from './trust-file.ts'

const issuer = 'https://tokens.acme.example/onprem'
const orders = 'https://orders.acme.example'
const publicKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }

const server = {
  issuer,
  providers: [{ issuer: 'https://gitlab.com' }],
  resources: [{ identifier: orders, scopes: ['orders.read'] }],
  clients: [{ clientId: 'cli' }, { clientId: 'batch', jwks: { keys: [publicKey] } }],
  rules: [
    {
      name: 'ci',
      issuer: 'https://gitlab.com',
      resources: [{ identifier: orders, scopes: ['orders.read'] }],
    },
  ],
}

const parsed = (change: object, more: object = {}) =>
  parseTrust(JSON.stringify({ ...more, authorizationServers: [{ ...server, ...change }] }), 'trust.yaml')

/** The path and the reason of each problem. */
function problems(change: object, more?: object): string[] {
  try {
    parsed(change, more)
    return []
  } catch (error) {
    return (error as MayflyError).attempts.map(({ what, why }) => `${what.split(', ')[1]}: ${why}`)
  }
}

test('an authorization server gets every default: JWTs of a quarter of an hour, by RSA', () => {
  const [read] = parsed({}).authorizationServers ?? []
  assert.deepEqual(read?.accessTokens, { format: 'jwt', lifetimeSeconds: 900 })
  assert.equal(read?.algorithm, 'RS256')
  assert.deepEqual(read?.providers, [{ issuer: 'https://gitlab.com', reach: 'public' }])
})

const rule = server.rules[0]!
const at = 'authorizationServers[0]'

const mistakes: readonly [what: string, change: object, told: RegExp][] = [
  ['an issuer with a slash at its end', { issuer: `${issuer}/` }, /without a slash at its end/],
  ['an issuer that is no URL', { issuer: 'https://tokens acme' }, /an https URL/],
  ['a path of Google', { issuer: 'https://tokens.acme.example/v1' }, /another path/],
  [
    'a rule for an issuer that is no provider',
    { rules: [{ ...rule, issuer: 'https://other.test' }] },
    /rules\[0\]\.issuer: "https:\/\/other\.test" is not the issuer of a provider/,
  ],
  [
    'an actor of such an issuer',
    { rules: [{ ...rule, actor: { issuer: 'https://other.test' } }] },
    /actor\.issuer: /,
  ],
  [
    'a rule for a resource that is not there',
    { rules: [{ ...rule, resources: [{ identifier: 'x' }] }] },
    /"x" is not a resource/,
  ],
  [
    'a scope that the resource does not have',
    { rules: [{ ...rule, resources: [{ identifier: orders, scopes: ['root'] }] }] },
    /"root" is not a scope of https:\/\/orders/,
  ],
  [
    'a rule for a public client',
    { rules: [{ ...rule, clients: ['cli'] }] },
    /"cli" is not a client with assertions or jwks/,
  ],
  [
    'introspection by a public client',
    { resources: [{ ...server.resources[0], introspectionClients: ['cli'] }] },
    /"cli" is not a client/,
  ],
  [
    'a private key',
    { clients: [{ clientId: 'batch', jwks: { keys: [{ ...publicKey, d: 'SECRET' }] } }] },
    /public keys only/,
  ],
  ['itself as a provider', { providers: [...server.providers, { issuer }] }, /no provider of itself/],
  [
    'a scope with a space',
    { resources: [{ identifier: orders, scopes: ['a b'] }], rules: [] },
    /a scope of 1 to 128/,
  ],
  ['a life of a week', { accessTokens: { lifetimeSeconds: 604_800 } }, /at most 86400/],
  ['two rules of one name', { rules: [rule, rule] }, /registered already/],
]

for (const [what, change, told] of mistakes)
  test(`${what} is refused`, () => {
    const found = problems(change)
    assert.equal(found.length, 1, found.join('\n'))
    assert.ok(found[0]!.startsWith(at), found[0])
    assert.match(found[0]!, told)
    assert.doesNotMatch(found[0]!, /SECRET/)
  })

test('subjects of two issuers have to be told apart where both come to one service', () => {
  const providers = [...server.providers, { issuer: 'https://kubernetes.example' }]
  const pods = { ...rule, name: 'pods', issuer: 'https://kubernetes.example' }
  const found = problems({ providers, rules: [rule, pods] })
  assert.match(found.join(), /rules\[1\]: needs a subjectMapping, .*orders.* and rule ci$/)
  const mapped = { ...pods, subjectMapping: '"pod:" + assertion.sub' }
  assert.deepEqual(problems({ providers, rules: [rule, mapped] }), [])
  assert.deepEqual(problems({ rules: [rule, { ...rule, name: 'narrower', issuer }] }), [])
})

test('one token is the assertion of one client', () => {
  const assertions = [{ issuer: 'https://gitlab.com', subject: 's' }]
  const clients = ['a', 'b'].map((clientId) => ({ clientId, assertions }))
  assert.match(
    problems({ clients })[0]!,
    /clients\[1\]\.assertions: s of https:\/\/gitlab\.com is the client a already/,
  )
})

test('an issuer is not a platform and an authorization server at once', () => {
  assert.match(
    problems({}, { issuers: [{ url: issuer, shape: 'gitlab' }] })[0]!,
    /registered already, under issuers/,
  )
})
