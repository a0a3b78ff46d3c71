import { resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import { defaultKeyFile, hasIssuerKeys } from '../keys/key-file.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import type { Keys } from '../keys/keys.ts'
import { type GivenTrust, together } from '../registry/given.ts'
import { readGiven } from '../registry/read-given.ts'
import { checkGiven } from '../sts/check-given.ts'
import { type Explanation, explainOffline, type Target } from '../sts/explain-offline.ts'
import { type Presented, unsignedToken } from '../sts/unsigned-token.ts'
import { readAwsToken } from '../sts/web-identity.ts'
import type { Check } from '../trust/decision.ts'
import { explainText } from '../trust/explain.ts'
import { isoSecond } from '../wire/iso-time.ts'
import type { Jwt } from '../wire/jws.ts'
import { placedDocument } from '../wire/placed-document.ts'
import { printable } from '../wire/printable.ts'
import { readRfc3339 } from '../wire/rfc3339.ts'
import { wallClock } from '../world.ts'
import { type Command, exitCodes, type Io } from './command.ts'
import { explainMessage } from './explain-message.ts'
import { explainRequest } from './explain-request.ts'
import { type Asked, absentTarget, chooseTarget } from './explain-target.ts'
import { unusable } from './failed.ts'
import { readFlags, usage } from './flags.ts'
import { table } from './output.ts'
import { textOfFile } from './text-of-file.ts'
import { tokenText } from './token-text.ts'

export const explain: Command = {
  summary: 'whether a token would be accepted by a trust, or why a request was refused',
  usage: `mayfly explain --trust FILE (--token FILE|--claims FILE) [--role ARN|--service-account EMAIL|--application ID|--authorization-server ISSUER] [--at TIME] [--json]
mayfly explain --request ID [--audit FILE|--trust FILE] [--json]
mayfly explain --message FILE [--trust FILE] [--keys FILE] [--json]

  --trust FILE             the vendor's own document; again for another that belongs to it
  --token FILE             the token; - is standard input
  --claims FILE            the claims alone, in JSON or YAML; iat and exp may be left out. For a provider of a pool that is
                           for AWS, what \`aws sts get-caller-identity\` prints
  --role ARN               the AWS role, where the trust has several, or does not name its own
  --provider NAME          the provider of a workload identity pool, where several fit
  --service-account EMAIL  whose access token is asked for besides, at Google Cloud
  --application ID         whose federated credentials, at Entra
  --authorization-server ISSUER
                           whose access token is asked for, with --resource URI (again for another), --scope 'A B' and the
                           --client ID that asks, which is taken at its word. An actor token cannot be given
  --at TIME                decide for this moment (2026-11-22T00:00:00Z) in place of now
  --keys FILE              signing keys of issuers of ours; default: .mayfly/keys.json beside the trust file
  --json                   for programs

  --request ID             a request that \`mayfly sts\` has decided, by the ID in its answer; \`last\` is the newest refusal
  --audit FILE             what its --audit wrote; default: the refusals that it keeps beside its keys, which are found by
                           --trust (default: trust.yaml) or --keys

  --message FILE           the "Encoded authorization failure message" of a service of one's own, or the whole answer that ends
                           with it; - is standard input. It is decided on anew by --trust (default: trust.yaml)

A trust FILE is told apart by its shape: an IAM role or its trust policy, an IAM OIDC provider, a provider of a workload
identity pool and a service account's IAM policy as gcloud prints them, a federated credential as Graph or the Azure CLI
prints it, a Terraform plan in JSON that holds any of these, or trust.yaml.
Exit codes: 0 allowed, 1 denied, 2 input that cannot be used.
`,
  async run(args, io) {
    if (args.some((each) => /^--request(=|$)/.test(each))) return explainRequest(args, io)
    if (args.some((each) => /^--message(=|$)/.test(each))) return explainMessage(args, io)
    const wanted = read(args, io)
    try {
      const { explanation, target } = await explained(wanted, io)
      io.out(wanted.json ? jsonOf(explanation, target, wanted) : textOf(explanation, target, io))
      return explanation.decision === 'allow' ? exitCodes.ok : exitCodes.failed
    } catch (error) {
      return unusable(error, io)
    }
  },
}

/** Its path is absolute, `-` standard input; its name is what was said. */
interface NamedFile {
  readonly path: string
  readonly name: string
}

interface Wanted {
  readonly trust: readonly NamedFile[]
  readonly token?: NamedFile
  readonly claims?: NamedFile
  readonly asked: Asked
  readonly nowMs: number
  readonly keys?: string
  readonly json: boolean
}

function read(args: readonly string[], io: Io): Wanted {
  const { values, positionals } = readFlags('explain', args, {
    trust: { type: 'string', multiple: true, default: [] },
    token: { type: 'string' },
    claims: { type: 'string' },
    role: { type: 'string' },
    provider: { type: 'string' },
    'service-account': { type: 'string' },
    application: { type: 'string' },
    'authorization-server': { type: 'string' },
    client: { type: 'string' },
    resource: { type: 'string', multiple: true },
    scope: { type: 'string' },
    at: { type: 'string' },
    keys: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length > 0)
    throw usage('explain', `mayfly explain takes no ${JSON.stringify(positionals[0])}`)
  if (values.trust.length === 0) throw usage('explain', 'by which trust? --trust FILE is missing')
  if ((values.token === undefined) === (values.claims === undefined))
    throw usage('explain', 'what is presented? Either --token FILE or --claims FILE')
  const path = (file: string) => (file === '-' ? file : resolve(io.cwd, file))
  const named = (name: string) => ({ path: path(name), name })
  return {
    trust: values.trust.map(named),
    ...(values.token !== undefined && { token: named(values.token) }),
    ...(values.claims !== undefined && { claims: named(values.claims) }),
    asked: askedIn(values),
    nowMs: timeOf(values.at),
    ...(values.keys !== undefined && { keys: path(values.keys) }),
    json: values.json,
  }
}

type Flags = Readonly<
  Partial<Record<'role' | 'provider' | 'application' | 'client' | 'scope', string>> & {
    'service-account'?: string
    'authorization-server'?: string
    resource?: readonly string[]
  }
>

function askedIn(flags: Flags): Asked {
  const { 'service-account': serviceAccount, 'authorization-server': server } = flags
  const { role, provider, application, client, resource, scope } = flags
  const authorizationServer = server
  const asked = { role, provider, serviceAccount, application, authorizationServer, client, resource, scope }
  const clouds = [role, provider ?? serviceAccount, application, server].filter((each) => each !== undefined)
  if (clouds.length > 1)
    throw usage(
      'explain',
      'one thing at a time: --role, --service-account, --application and --authorization-server are of different clouds',
    )
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

function timeOf(text: string | undefined): number {
  if (text === undefined) return wallClock.now()
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : readRfc3339(text)
  if (ms !== undefined) return ms
  throw usage(
    'explain',
    `--at ${JSON.stringify(text)} is not a time: expected 2026-11-22T00:00:00Z, or seconds since 1970`,
  )
}

interface Explained {
  readonly explanation: Explanation
  readonly target: Target
}

async function explained(wanted: Wanted, io: Io): Promise<Explained> {
  const { nowMs } = wanted
  const given = together(wanted.trust.map(({ path, name }) => readGiven(path, name)))
  for (const each of given.open) io.err(`open: ${printable(each)}\n`)
  checkGiven(given)
  const { presented, notes } = presentedBy(wanted)
  const chosen = chooseTarget(given, wanted.asked, presented.jwt.claims.iss)
  const absent = absentTarget(chosen)
  if (absent !== undefined) io.err(`note: ${printable(absent)}\n`)
  const { trust, target } = chosen
  const jwks = jwksAtHand(trust, wanted)
  const found = await explainOffline({ trust, presented, target, nowMs, jwks })
  tellOtherMoment(found, presented.jwt.claims.exp, io)
  return { explanation: { ...found, checks: [...notes, ...found.checks] }, target }
}

/** A token out of a log has expired, and what else would have refused it is the question mostly. */
function tellOtherMoment({ checks }: Explanation, exp: unknown, io: Io): void {
  const expired = checks.some(({ check, outcome }) => check === 'times' && outcome === 'fail')
  const seconds = Number(exp)
  if (!expired || !(seconds > 1 && seconds * 1000 < wallClock.now())) return
  const moment = isoSecond((seconds - 1) * 1000)
  io.err(`note: the checks after this one: --at ${moment} decides for a moment before it expired\n`)
}

function presentedBy({ token, claims, nowMs }: Wanted): { presented: Presented; notes: readonly Check[] } {
  if (token !== undefined) return { presented: { jwt: tokenIn(token), unsigned: false }, notes: [] }
  const { presented, filledIn } = unsignedToken(claimsIn(claims!), nowMs)
  const hint = `${filledIn.join(' and ')} not among the claims: filled in around ${new Date(nowMs).toISOString()}`
  return {
    presented,
    notes:
      filledIn.length > 0 && presented.jwt.claims.Arn === undefined
        ? [{ check: 'claims', outcome: 'not-checked', hint }]
        : [],
  }
}

function tokenIn({ path, name }: NamedFile): Jwt {
  try {
    return readAwsToken(tokenText(textOfFile(path, name)))
  } catch (error) {
    throw error instanceof MayflyError && error.code.startsWith('PROOF_') ? error.about(name) : error
  }
}

function claimsIn({ path, name }: NamedFile): Readonly<Record<string, unknown>> {
  const text = textOfFile(path, name)
  const { value, problems } = placedDocument(text, { numbers: 'parsed' })
  const [problem] = problems
  if (!problem && isObject(value)) return value
  const isToken = /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text.trim())
  const why = problem
    ? `line ${problem.line}: ${problem.why}`
    : `expected an object of claims, got ${kindOf(value)}`
  throw new MayflyError('CONFIG_SYNTAX', {
    message: isToken ? `${name} holds a token, and not its claims` : `${name}: ${why}`,
    hint: isToken ? 'Give it with --token FILE.' : 'Write the claims as an object in JSON or YAML.',
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

/** Public keys of issuers of ours, where their key file is there already: nothing is made by looking. */
function jwksAtHand(given: GivenTrust, { keys, trust }: Wanted): Keys['jwks'] {
  const servers = given.authorizationServers.map(({ document: { issuer: url, algorithm } }) => ({
    url,
    algorithm,
  }))
  const issuers = [...given.issuers, ...servers]
  const files = keys === undefined ? trust.map(({ path }) => defaultKeyFile(path)) : [keys]
  return (url) => {
    const issuer = issuers.find((each) => each.url === url)
    const file = issuer && files.find((each) => hasIssuerKeys(each, issuer))
    return issuer && file ? keysFromFile(file, [issuer]).jwks(url) : undefined
  }
}

function jsonOf(explanation: Explanation, target: Target, { nowMs }: Wanted): string {
  const { decision, checks, nearMiss = null, wire } = explanation
  const at = new Date(nowMs).toISOString()
  return `${JSON.stringify({ decision, checks, nearMiss, wire, target, at }, null, 2)}\n`
}

function textOf(explanation: Explanation, target: Target, io: Io): string {
  const { status, code, message } = explanation.wire
  const told = code === undefined ? `${status}` : `${status} ${code}: ${message}`
  const asked = Object.entries(target).filter(([name, value]) => name !== 'cloud' && String(value) !== '')
  const rows = [...asked.map(([name, value]) => [words[name] ?? name, String(value)]), ['wire', told]]
  const text = explainText(explanation, { color: io.fancyOut ?? false })
  return `${text}\n${table(rows.map(([name = '', value = '']) => [name, printable(value)]))}`
}

const words: Readonly<Record<string, string>> = {
  roleArn: 'role',
  serviceAccount: 'service account',
  authorizationServer: 'authorization server',
}
