import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { type GivenTrust, together } from '../registry/given.ts'
import { documentError } from '../registry/problems.ts'
import { readGiven } from '../registry/read-given.ts'
import { readTrustText } from '../registry/trust-file.ts'
import { checkGiven } from '../sts/check-given.ts'
import { explainOffline } from '../sts/explain-offline.ts'
import { unsignedToken } from '../sts/unsigned-token.ts'
import { placed, placedDocument } from '../wire/placed-document.ts'
import { exactly, schemaProblems } from '../wire/schema-problems.ts'
import { absentTarget, chooseTarget } from './explain-target.ts'
import { usage } from './flags.ts'

const text = v.exactOptional(v.string())

const trustTest = exactly({
  name: text,
  role: text,
  provider: text,
  serviceAccount: text,
  application: text,
  authorizationServer: text,
  client: text,
  resource: v.exactOptional(v.union([v.string(), v.array(v.string())], 'a resource, or a list of resources')),
  scope: text,
  claims: v.record(v.string(), v.unknown()),
  expect: v.picklist(['allow', 'deny']),
  /** Of a denial: words that the nearest miss or the wire has to have. */
  because: text,
})

const trustTests = exactly({
  trust: v.union([v.string(), v.array(v.string())], 'a file, or a list of files'),
  tests: v.pipe(v.array(trustTest), v.minLength(1, 'at least one test')),
})

export type TrustTest = v.InferOutput<typeof trustTest>

export interface TrustTests {
  readonly trust: GivenTrust
  readonly tests: readonly TrustTest[]
}

/** What became of one test. */
export interface TestResult {
  readonly name: string
  readonly passed: boolean
  /** What was decided, and of a denial why. */
  readonly found: string
}

/**
 * Reads unit tests of trust: which claims should be allowed, and which not.
 * @throws REGISTRY_DOCUMENT
 */
export function readTrustTests(file: string, name: string): TrustTests {
  const document = placedDocument(readTrustText(file, 'Check the path.', name), { numbers: 'parsed' })
  if (document.problems.length) throw documentError(name, document.problems)
  const parsed = v.safeParse(trustTests, document.value)
  if (!parsed.success) throw documentError(name, placed(document, schemaProblems(parsed.issues)))
  const files = [parsed.output.trust].flat()
  const trust = together(files.map((each) => readGiven(resolve(dirname(file), each), each)))
  checkGiven(trust)
  return { trust, tests: parsed.output.tests }
}

/**
 * Decides as `mayfly explain` does.
 * @throws COMMAND_USAGE where it is not said what is asked for, or that is not in the trust: whatever is denied then shows nothing
 */
export async function runTrustTest(test: TrustTest, given: GivenTrust, nowMs: number): Promise<TestResult> {
  const { name: _, claims, expect, because, ...asked } = test
  const chosen = chooseTarget(given, asked, claims.iss)
  const absent = absentTarget(chosen)
  if (absent !== undefined) throw usage('test', `the test ${JSON.stringify(nameOf(test))}: ${absent}`)
  const { trust, target } = chosen
  const { presented } = unsignedToken(claims, nowMs)
  const { decision, nearMiss = '', wire } = await explainOffline({ trust, presented, target, nowMs })
  const why = decision === 'deny' ? `${nearMiss} (${wire.status} ${wire.code}: ${wire.message})` : ''
  const fits = decision !== 'deny' || why.includes(because ?? '')
  return {
    name: nameOf(test),
    passed: decision === expect && fits,
    found: `${decision}${why && `: ${why}`}${fits ? '' : `, which has no ${JSON.stringify(because)} in it`}`,
  }
}

function nameOf({ name, claims }: TrustTest): string {
  return name ?? String(claims.sub ?? claims.Arn ?? 'claims')
}
