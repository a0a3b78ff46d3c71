import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readJwt, signJwt } from '../../src/wire/jws.ts'
import type { Environment } from '../../src/world.ts'
import { googleCredentials } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'
import { alter } from './alter.ts'
import { type OwnIssuers, ownIssuers, serveOwnIssuers } from './own-issuers.ts'
import { prepare } from './prepare.ts'

// Libraries of other people that verify the tokens of our issuers: by discovery, over HTTPS, at the issuers' own names.

const audience = 'https://app.acme.example'

interface Verifier {
  readonly name: string
  readonly skip: string | false
  /** Answers each line of JSON on standard input with one on standard output. */
  command(issuers: OwnIssuers): readonly string[]
  readonly env?: Environment
}

const [pyjwt, goOidc, nimbus] = await Promise.all([prepare('pyjwt'), prepare('go-oidc'), prepare('nimbus')])

const verifiers: readonly Verifier[] = [
  {
    name: 'jose',
    skip: false,
    command: () => [process.execPath, fileURLToPath(new URL('jose/verify.mjs', import.meta.url))],
    env: { NODE_USE_ENV_PROXY: '1' },
  },
  {
    name: 'PyJWT',
    skip: pyjwt.skip,
    command: () => ['python3', join(pyjwt.folder, 'verify.py')],
    env: { PYTHONPATH: join(pyjwt.folder, 'packages') },
  },
  { name: 'coreos/go-oidc', skip: goOidc.skip, command: () => [join(goOidc.folder, 'program')] },
  {
    name: 'Nimbus',
    skip: nimbus.skip,
    command: ({ proxy, caFile }) => [
      ...['java', '-cp', ['classes', 'lib/*'].map((each) => join(nimbus.folder, each)).join(':')],
      ...['-Dhttps.proxyHost=127.0.0.1', `-Dhttps.proxyPort=${proxy.port}`],
      `-Djavax.net.ssl.trustStore=${trustStore(caFile)}`,
      ...['-Djavax.net.ssl.trustStorePassword=changeit', 'Main'],
    ],
  },
]

/** A token of ours, and one like it whose hour is over. */
interface Subject {
  readonly what: string
  readonly issuer: string
  readonly token: string
  readonly expired: string
}

interface Question {
  readonly issuer: string
  readonly audience: string
  readonly token: string
}

interface Answer {
  readonly ok: boolean
  readonly subject?: string
  readonly why?: string
}

/** What is asked of every verifier about every token, and the words of a refusal. */
interface Case {
  readonly name: string
  question(subject: Subject): Question
  readonly why?: RegExp
}

const asIs = ({ issuer, token }: Subject): Question => ({ issuer, audience, token })
const cases: readonly Case[] = [
  { name: 'accepts a token of every issuer of ours', question: asIs },
  {
    name: 'refuses an altered one',
    question: (subject) => ({ ...asIs(subject), token: alter(subject.token) }),
    why: /signature/i,
  },
  {
    name: 'refuses one that has expired',
    question: (subject) => ({ ...asIs(subject), token: subject.expired }),
    why: /expired/i,
  },
  {
    name: 'refuses one for another audience',
    question: (subject) => ({ ...asIs(subject), audience: 'https://else.example' }),
    why: /\baud/i,
  },
]

let issuers: OwnIssuers
let subjects: readonly Subject[]

before(async () => {
  issuers = await serveOwnIssuers()
  const { cloud } = issuers
  const issued = ownIssuers.map(({ url, shape, algorithm }) =>
    subjectOf(`${shape}, ${algorithm}`, url, cloud.issue(url, { audience: [audience] }).token.reveal()),
  )
  subjects = [...issued, subjectOf('Google', 'https://accounts.google.com', await googleIdToken())]
})
after(() => issuers.close())

for (const verifier of verifiers)
  describe(verifier.name, { skip: verifier.skip }, () => {
    let answers: readonly Answer[]
    before(async () => {
      const questions = cases.flatMap(({ question }) => subjects.map(question))
      answers = await ask(verifier, questions)
    })

    for (const [at, { name, why }] of cases.entries())
      it(name, () => {
        for (const [i, { what, token }] of subjects.entries()) {
          const answer = answers[at * subjects.length + i]
          if (!why) assert.deepEqual(answer, { ok: true, subject: readJwt(token).claims.sub }, what)
          else assert.match(answer?.why ?? 'accepted', why, what)
        }
      })
  })

function subjectOf(what: string, issuer: string, token: string): Subject {
  const { claims, header } = readJwt(token)
  const over = { ...claims, iat: Number(claims.iat) - 7200, nbf: undefined, exp: Number(claims.iat) - 3600 }
  const expired = signJwt(over, issuers.cloud.sts.keys.signing(issuer), { typ: header.typ })
  return { what, issuer, token, expired }
}

/** As a task of ECS has it by Mayfly: the ID token of a service account, for an audience of its choice. */
async function googleIdToken(): Promise<string> {
  const { cloud } = issuers
  const agent = await cloud.ecs('loader-task')
  const env = { ...cloud.env, ...agent.withTaskRole, GOOGLE_APPLICATION_CREDENTIALS: googleCredentials }
  const { out, err } = await run([mayfly, 'get', 'google', '--audience', audience, '--format', 'token'], env)
  assert.equal(err, '')
  return out.trim()
}

async function ask(verifier: Verifier, questions: readonly Question[]): Promise<readonly Answer[]> {
  const [program = '', ...args] = verifier.command(issuers)
  const env = { ...issuers.env, ...verifier.env } as NodeJS.ProcessEnv
  const running = promisify(execFile)(program, args, { env })
  running.child.stdin?.end(questions.map((each) => `${JSON.stringify(each)}\n`).join(''))
  const { stdout } = await running
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Java reads no PEM: the same certificate as its own tools keep it. */
function trustStore(caFile: string): string {
  const store = `${caFile}.p12`
  const into = ['-keystore', store, '-storepass', 'changeit', '-storetype', 'PKCS12']
  const from = ['-importcert', '-noprompt', '-alias', 'ca', '-file', caFile]
  execFileSync('keytool', [...from, ...into], { stdio: 'pipe' })
  return store
}
