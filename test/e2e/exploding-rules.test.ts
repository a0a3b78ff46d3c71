import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ephemeralKeys } from '../../src/keys/key-ring.ts'
import { type AuditRecord, createAudit } from '../../src/sts/audit.ts'
import { createSts } from '../../src/sts/create.ts'
import { type StsServer, serveSts } from '../../src/sts/serve.ts'
import { signJwt } from '../../src/wire/jws.ts'
import { type JobRules, tokenTakers, trustInJob } from '../token-takers.ts'

// Rules that a backtracking matcher never comes to the end of, and claims that were made for them, at each front end.

// The one kind of issuer for which Entra has patterns.
const issuer = 'https://gitlab.com'
// The one as long as Google takes a subject.
const [sub, path] = ['a'.repeat(120), 'a'.repeat(2_000)]
const stars = `${'*a'.repeat(60)}*b`
const nested = '^(a+)+$|^((a|aa)+)+b|(.*a){40}b$'

const rules: JobRules = {
  aws: (host) => ({ StringLike: { [`${host}:sub`]: [stars, `*${'a?'.repeat(30)}b*`] } }),
  google: `assertion.path.matches('${nested}') && assertion.path.endsWith('b')`,
  entra: { claimsMatchingExpression: { value: `claims['sub'] matches '${stars}'`, languageVersion: 1 } },
  oauth: `assertion.path.matches('${nested}') && assertion.path.endsWith('b')`,
}

const keys = ephemeralKeys([{ url: issuer, algorithm: 'ES256' }])
const records: AuditRecord[] = []
let server: StsServer

before(async () => {
  const audit = createAudit({ sinks: [(record) => records.push(record)], now: Date.now })
  server = await serveSts({ sts: createSts({ document: trustInJob(issuer, rules), keys, audit }) })
})
after(() => server.close())

/** Half a second: more than a hundred times what it takes, and nothing to what backtracking would. */
const boundMs = 500

for (const taker of tokenTakers)
  describe(`at ${taker.name}`, () => {
    it('a token that was made for an exploding rule is refused at once', async () => {
      const seconds = Math.floor(Date.now() / 1000)
      const claims = { iss: issuer, sub, path, aud: taker.audience, iat: seconds, exp: seconds + 600 }
      const token = signJwt(claims, keys.signing(issuer))
      const startMs = performance.now()
      assert.notEqual(await taker.present(token, server.url), '200')
      const tookMs = performance.now() - startMs
      assert.match(records.at(-1)!.code!, /^TRUST_(DENIED|CONDITION)$/)
      assert.ok(tookMs < boundMs, `${tookMs} ms`)
    })
  })
