import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import * as aws from '../../test/lint/aws-documents.ts'
import * as entra from '../../test/lint/entra-documents.ts'
import * as google from '../../test/lint/google-documents.ts'
import { type Documents, github, main, ownerId, pool } from '../../test/lint/names.ts'
import * as oauth from '../../test/lint/oauth-documents.ts'
import { chooseTarget } from '../cli/explain-target.ts'
import type { TokenRuleDocument } from '../registry/documents.ts'
import { type GivenTrust, together } from '../registry/given.ts'
import { parseGiven, readGiven } from '../registry/read-given.ts'
import { explainOffline } from '../sts/explain-offline.ts'
import { unsignedToken } from '../sts/unsigned-token.ts'
import { lint } from './lint.ts'
import type { Claims, Finding } from './rule.ts'
import { rules } from './rules.ts'

const nowMs = Date.parse('2026-11-22T00:00:00Z')
const { aud, role, statement, sub } = aws
const { account, provider } = google
const { jobs } = oauth

const wrong: Documents = { ...aws.wrong, ...google.wrong, ...entra.wrong, ...oauth.wrong }
const sound = { ...aws.sound, ...google.sound, ...entra.sound, ...oauth.sound }

const filesOf = (document: object) => [document].flat().map((each) => JSON.stringify(each, null, 2))
const givenBy = (files: readonly string[]) => together(files.map((each, i) => parseGiven(each, `${i}.json`)))

/** What explain says, with the files as they are or one of them replaced: not lint's own judgement. */
async function decide(files: readonly string[], claims: Claims, asked?: Asked) {
  const given = givenBy(files)
  if (given.authorizationServers.length > 0) return decideOauth(given, claims, asked)
  const email = given.serviceAccounts[0]?.document.email
  const { trust, target } = chooseTarget(given, email ? { serviceAccount: email } : {}, claims.iss)
  const { presented } = unsignedToken(claims, nowMs)
  return (await explainOffline({ trust, presented, target, nowMs })).decision
}

type Asked = Pick<NonNullable<Finding['example']>, 'client' | 'resource' | 'actor'>

/** Where it is not said what is asked for, and by whom: what the rule has first, and an actor that it speaks of. */
async function decideOauth(given: GivenTrust, claims: Claims, asked?: Asked) {
  const { issuer, rules } = given.authorizationServers[0]!.document
  const [{ clients, resources, condition = '', actor: acting }] = rules as [TokenRuleDocument]
  const sub = /actor\.sub == ["'](.*?)["']/.exec(condition)?.[1]
  const usual = {
    client: clients?.[0],
    resource: resources[0]!.identifier,
    actor: undefined as Claims | undefined,
  }
  if (acting && sub) usual.actor = { iss: acting.issuer, sub, aud: issuer }
  const { client, resource, actor } = asked ?? usual
  const { presented } = unsignedToken(claims, nowMs)
  const found = await explainOffline({
    trust: given,
    presented,
    nowMs,
    target: {
      cloud: 'oauth',
      authorizationServer: issuer,
      resources: [resource!],
      scopes: [],
      ...(client !== undefined && { client }),
      ...(actor && { actor }),
    },
  })
  return found.decision
}

function mended(files: readonly string[], { file, fixed }: Finding): string[] {
  return files.map((each, i) => (`${i}.json` === file ? JSON.stringify(placed(each, fixed)) : each))
}

/** Of a whole project what is printed are its bindings. */
function placed(file: string, fixed: unknown): unknown {
  const { google } = JSON.parse(file)
  return google ? { google: [{ ...google[0], ...(fixed as object) }] } : fixed
}

/** What no token can show. */
const withoutToken = new Set([
  'aws-optional-operator',
  'aws-confused-deputy',
  'aws-any-account',
  'aws-workflow-branch',
  'google-binding-everyone',
  'google-strong-role',
  'google-workflow-branch',
  'oauth-workflow-branch',
  'oauth-long-lifetime',
  'oauth-client-literal-wildcard',
  'oauth-open-introspection',
  'entra-varying-subject',
  'entra-workflow-branch',
])

/** What nobody should have: to mend it is to take it away. */
const withoutLegitimate = new Set(['google-project-every-account'])

test('every rule has a document here in which it finds something, and an ID of its own', () => {
  assert.deepEqual(Object.keys(wrong).sort(), rules.map(({ id }) => id).sort())
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length)
})

for (const [id, documents] of Object.entries(wrong))
  for (const [i, document] of documents.entries())
    test(`${id}: document ${i} has a token that shows it, and a fixed document that ends it`, async () => {
      const files = filesOf(document)
      const found = await lint(givenBy(files))
      const finding = found.find((each) => each.rule === id)
      assert.ok(finding?.fixed, found.map(({ rule }) => rule).join())
      const after = mended(files, finding)
      const again = (await lint(givenBy(after))).filter(({ file }) => file === finding.file)
      assert.deepEqual(
        again.map(({ rule, message }) => [rule, message]),
        [],
        JSON.stringify(finding.fixed, null, 2),
      )
      const { example, legitimate } = finding
      if (withoutToken.has(id)) return assert.equal(example, undefined)
      assert.equal(await decide(files, example!.claims, example), example!.decision)
      assert.notEqual(await decide(after, example!.claims, example), example!.decision)
      if (withoutLegitimate.has(id)) return assert.equal(legitimate, undefined)
      assert.equal(await decide(after, legitimate!), 'allow')
    })

for (const [what, document] of Object.entries(sound))
  test(`${what} is quiet`, async () => {
    const found = await lint(givenBy(filesOf(document)))
    assert.deepEqual(
      found.map(({ rule, example }) => [rule, example]),
      [],
    )
  })

test('the examples of this repository are sound', async () => {
  const file = fileURLToPath(new URL('../../examples/trust.yaml', import.meta.url))
  const found = await lint(readGiven(file))
  assert.deepEqual(
    found.map(({ rule, line }) => `${rule} ${line}`),
    [],
  )
})

test('a whole pool is told of also where no provider of it is at hand', async () => {
  const [finding] = await lint(givenBy(filesOf(account(`principalSet://iam.googleapis.com/${pool}/*`))))
  assert.equal(finding!.rule, 'google-binding-whole-pool')
  assert.equal(finding!.example, undefined)
})

test('of a binding with a condition it is said that it is so while that holds, and what is to be written keeps it', async () => {
  const condition = { title: 'office hours', expression: 'request.time < date("2020-01-01")' }
  const [binding] = account(`principalSet://iam.googleapis.com/${pool}/*`).bindings
  const files = filesOf([provider(ownerId), { bindings: [{ ...binding, condition }] }])
  const finding = (await lint(givenBy(files))).find(({ rule }) => rule === 'google-binding-whole-pool')!
  assert.equal(
    finding.message,
    'the member of roles/iam.workloadIdentityUser is the whole pool, while its condition "office hours" holds',
  )
  assert.equal(finding.example?.decision, 'allow')
  const { bindings } = finding.fixed as { bindings: { condition: object }[] }
  assert.deepEqual(bindings[0]!.condition, condition)
})

test('a finding about a provider is told with the condition of the binding that it comes from', async () => {
  const [[from, bound] = []] = google.wrong['google-ambiguous-mapping']! as object[][]
  const condition = { title: 'office hours', expression: 'request.time < date("2020-01-01")' }
  const [binding] = (bound as ReturnType<typeof account>).bindings
  const files = filesOf([from!, { bindings: [{ ...binding, condition }] }])
  const finding = (await lint(givenBy(files))).find(({ rule }) => rule === 'google-ambiguous-mapping')!
  assert.match(finding.message, /, while its condition "office hours" holds$/)
})

test('of several holes in one document each is told, and the fixed document has none', async () => {
  const two = {
    Version: '2012-10-17',
    Statement: [statement({ StringLike: sub('repo:*') }), statement({ StringLike: sub('repo:acme/*') })],
  }
  const bindings = [
    { role: 'roles/iam.workloadIdentityUser', members: [`principalSet://iam.googleapis.com/${pool}/*`] },
    {
      role: 'roles/iam.workloadIdentityUser',
      members: [`principalSet://iam.googleapis.com/${pool}/attribute.ref/refs/heads/main`],
    },
  ]
  for (const document of [two, [provider(ownerId), { bindings, etag: 'BwX' }]]) {
    const files = filesOf(document)
    const found = await lint(givenBy(files))
    assert.ok(found.length >= 2)
    for (const finding of found) {
      assert.ok(finding.fixed, finding.rule)
      const after = mended(files, finding)
      assert.deepEqual(
        (await lint(givenBy(after))).map(({ rule }) => rule),
        [],
      )
      if (finding.example) assert.equal(await decide(after, finding.example.claims), 'deny')
    }
  }
})

test('a finding is told at its line, the worst first', async () => {
  const closed = statement({ StringEquals: { ...aud, ...sub(main) } })
  const open = { Version: '2012-10-17', Statement: [closed, statement({ StringLike: sub('repo:*') })] }
  const text = JSON.stringify(open, null, 2)
  const found = await lint(givenBy([text]))
  assert.equal(found[0]!.rule, 'aws-sub-any-owner')
  assert.match(text.split('\n')[found[0]!.line - 1]!, /"repo:\*"/)
})

test('whatever a policy holds, what is reported can be seen with explain', async () => {
  const host = fc.constantFrom(github, 'gitlab.com', 'app.terraform.io', 'oidc.example')
  const value = fc.constantFrom(
    '*',
    'repo:*',
    'repo:acme/*',
    'repo:acme/shop:*',
    main,
    'project_path:acme/*',
    'organization:acme:*',
    'system:serviceaccount:a:*',
    'production',
    'true',
    '',
  )
  const operator = fc.constantFrom(
    'StringEquals',
    'StringLike',
    'StringNotEquals',
    'StringLikeIfExists',
    'ForAllValues:StringLike',
    'ForAnyValue:StringEquals',
  )
  const claim = fc.constantFrom(
    'sub',
    'aud',
    'repository',
    'repository_id',
    'environment',
    'job_workflow_ref',
  )
  const condition = fc.tuple(operator, host, claim, fc.oneof(value, fc.array(value, { maxLength: 2 })))
  const policy = fc.tuple(host, fc.array(condition, { maxLength: 4 })).map(([principal, conditions]) => {
    const block: Record<string, Record<string, unknown>> = {}
    for (const [name, from, key, expected] of conditions)
      block[name] = { ...block[name], [`${from === 'oidc.example' ? principal : from}:${key}`]: expected }
    return role(block, principal)
  })
  await fc.assert(
    fc.asyncProperty(policy, async (document) => {
      const files = filesOf(document)
      for (const finding of await lint(givenBy(files))) {
        const { example, legitimate } = finding
        if (example) assert.equal(await decide(files, example.claims), example.decision)
        if (legitimate) assert.equal(await decide(mended(files, finding), legitimate), 'allow')
      }
    }),
    { numRuns: 150 },
  )
})

test('whatever a condition in CEL holds, what is reported can be seen, and the fixed document ends it', async () => {
  const text = fc.constantFrom(
    'acme',
    'acme/shop',
    'acme/*',
    'refs/heads/main',
    main,
    'repo:acme',
    '123',
    'production',
  )
  const claim = fc.constantFrom(
    ...[
      'sub',
      'repository',
      'repository_owner',
      'repository_owner_id',
      'repository_id',
      'ref',
      'environment',
    ],
    ...['job_workflow_ref', 'project_path', 'namespace_id', 'ref_protected'],
  )
  const form = fc.constantFrom(
    (name: string, value: string) => `assertion.${name} == '${value}'`,
    (name: string, value: string) => `assertion.${name} != '${value}'`,
    (name: string, value: string) => `assertion.${name}.startsWith('${value}')`,
    (name: string, value: string) => `assertion.${name}.matches('${value.replace('*', '.*')}')`,
    (name: string, value: string) => `assertion.${name} in ['${value}', 'x']`,
    (name: string, value: string) => `(!has(assertion.${name}) || assertion.${name} == '${value}')`,
    (name: string) => `assertion.${name} == 123`,
    (name: string) => `assertion.${name} != 20`,
  )
  const term = fc.tuple(form, claim, text).map(([make, name, value]) => make(name, value))
  const terms = fc.array(term, { minLength: 1, maxLength: 3 })
  const issuer = fc.constantFrom(
    `https://${github}`,
    'https://gitlab.com',
    'https://oidc.circleci.com/org/acme',
  )
  const condition = fc.tuple(terms, fc.constantFrom(' && ', ' || ')).map(([list, joint]) => list.join(joint))
  const ofGoogle = fc
    .tuple(condition, issuer)
    .map(([written, issuerUri]) => provider(written, { oidc: { issuerUri, allowedAudiences: [] } }))
  const ofServer = fc.tuple(condition, issuer).map(([written, url]) => jobs(written, url))
  await fc.assert(
    fc.asyncProperty(fc.oneof(ofGoogle, ofServer), async (document) => {
      const files = filesOf(document)
      for (const finding of await lint(givenBy(files))) {
        const { example, legitimate } = finding
        if (example)
          assert.equal(await decide(files, example.claims, example), example.decision, finding.rule)
        if (!finding.fixed) continue
        const after = mended(files, finding)
        if (legitimate) assert.equal(await decide(after, legitimate), 'allow', finding.rule)
        if (example) assert.notEqual(await decide(after, example.claims, example), example.decision)
      }
    }),
    { numRuns: 150 },
  )
})
