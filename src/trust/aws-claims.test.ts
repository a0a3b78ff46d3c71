import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MayflyError } from '../errors.ts'
import { awsAudience, compileClaimKeys, mergeKeys } from './aws-claims.ts'

const gitlab = {
  iss: 'https://gitlab.com',
  sub: 'project_path:acme/app:ref_type:branch:ref:main',
  aud: 'https://aws.example',
  project_id: '42',
  environment: 'prod',
  ref_protected: true,
  runner_id: 7,
}

test('gitlab.com has the keys that AWS curates, as strings, and no others', () => {
  const keys = compileClaimKeys('https://gitlab.com').keys(gitlab, 'https://aws.example')
  assert.deepEqual(Object.fromEntries(keys), {
    'gitlab.com:sub': gitlab.sub,
    'gitlab.com:aud': 'https://aws.example',
    'gitlab.com:oaud': 'https://aws.example',
    'gitlab.com:project_id': '42',
    'gitlab.com:ref_protected': 'true',
  })
})

test('a self-managed GitLab has the keys of any issuer alone', () => {
  const keys = compileClaimKeys('https://gitlab.acme.example').keys(gitlab, 'a')
  assert.deepEqual([...keys.keys()].sort(), [
    'gitlab.acme.example:aud',
    'gitlab.acme.example:oaud',
    'gitlab.acme.example:sub',
  ])
})

test('an issuer that only begins like a curated one has none of its keys', () => {
  for (const issuer of ['https://gitlab.com.evil.example', 'https://gitlab.com/x', 'http://gitlab.com'])
    assert.equal(compileClaimKeys(issuer).keys(gitlab, 'a').size, 3, issuer)
})

test('a claim that AWS offers no key for is withheld', () => {
  const withheld = compileClaimKeys('https://gitlab.com').withheld(gitlab)
  assert.ok(withheld.has('gitlab.com:environment'))
  assert.ok(!withheld.has('gitlab.com:project_id'))
  assert.ok(!withheld.has('gitlab.com:aud'))
  assert.equal(compileClaimKeys('https://gitlab.com', 'all').withheld(gitlab).size, 0)
})

test('claims: all gives every claim a key, and keeps the effective audience', () => {
  const keys = compileClaimKeys('https://gitlab.com', 'all').keys({ ...gitlab, azp: 'party' }, 'party')
  assert.equal(keys.get('gitlab.com:environment'), 'prod')
  assert.equal(keys.get('gitlab.com:runner_id'), '7')
  assert.equal(keys.get('gitlab.com:aud'), 'party')
  assert.equal(keys.get('gitlab.com:oaud'), 'https://aws.example')
})

test('a claim that differs in case does not take the place of one that AWS reads', () => {
  const keys = compileClaimKeys('https://gitlab.com', 'all').keys({ sub: 'me', SUB: 'you', AUD: 'x' }, 'a')
  assert.equal(keys.get('gitlab.com:sub'), 'me')
  assert.equal(keys.get('gitlab.com:aud'), 'a')
})

test('names with slashes and capitals are found', () => {
  const circle = compileClaimKeys('https://oidc.circleci.com/org/Acme')
  const claims = { sub: 's', 'oidc.circleci.com/project-id': 'p1' }
  assert.equal(circle.keys(claims, 'a').get('oidc.circleci.com/org/acme:oidc.circleci.com/project-id'), 'p1')
  const google = compileClaimKeys('https://accounts.google.com')
  const nested = { sub: 's', google: { organization_number: 99 } }
  assert.equal(google.keys(nested, 'a').get('accounts.google.com:google/organization_number'), '99')
})

test('lists stay lists, and what is no string, number or boolean has no key', () => {
  const keys = compileClaimKeys('https://idp.example', 'all').keys(
    { amr: ['mfa', 3, {}], nested: {}, none: null },
    'a',
  )
  assert.deepEqual(keys.get('idp.example:amr'), ['mfa', '3'])
  assert.equal(keys.has('idp.example:nested'), false)
  assert.equal(keys.has('idp.example:none'), false)
})

test('a claim named like a member of every object is no claim', () => {
  assert.equal(compileClaimKeys('https://idp.example').keys(JSON.parse('{}'), 'a').size, 1)
  assert.equal(compileClaimKeys('https://accounts.google.com').keys({ google: 'x' }, 'a').size, 1)
})

test('azp comes before aud', () => {
  assert.equal(awsAudience({ aud: ['a', 'b'], azp: 'party' }), 'party')
  assert.equal(awsAudience({ aud: 'a', azp: '' }), 'a')
  assert.equal(awsAudience({ aud: ['a'] }), 'a')
})

test('several audiences without azp are PROOF_AUDIENCE, in the words of AWS', () => {
  assert.throws(
    () => awsAudience({ aud: ['a', 'b'] }),
    (error) =>
      error instanceof MayflyError &&
      error.code === 'PROOF_AUDIENCE' &&
      error.values.aws ===
        'Token audience contains more than one audience while authorized party is not present',
  )
})

test('no audience at all is PROOF_CLAIM', () => {
  for (const aud of [undefined, [], '', 7, {}])
    assert.throws(
      () => awsAudience({ aud }),
      (error) => error instanceof MayflyError && error.code === 'PROOF_CLAIM',
    )
})

test('merged keys are in lower case, and later ones win', () => {
  const merged = mergeKeys(new Map([['aws:Foo', 'a']]), new Map([['aws:foo', 'b']]))
  assert.deepEqual([...merged], [['aws:foo', 'b']])
})
