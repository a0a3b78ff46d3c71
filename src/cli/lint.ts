import { resolve } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { lint as findings } from '../lint/lint.ts'
import type { Claims, Finding } from '../lint/rule.ts'
import { rules } from '../lint/rules.ts'
import { sarifLog } from '../lint/sarif.ts'
import { type GivenTrust, together } from '../registry/given.ts'
import { readGiven } from '../registry/read-given.ts'
import { checkGiven } from '../sts/check-given.ts'
import { printable } from '../wire/printable.ts'
import { type Command, exitCodes, type Io } from './command.ts'
import { unusable } from './failed.ts'
import { readFlags, usage } from './flags.ts'
import { notLookedAt, tellOpen } from './open-points.ts'
import { paint, type Style, table } from './output.ts'

export const lint: Command = {
  summary: 'what is dangerous in a trust, with a token that gets through and the document as it should be',
  usage: `mayfly lint FILE… [--json|--sarif]

  FILE     what mayfly explain takes; files that belong together are looked at together
  --json   for programs
  --sarif  for code scanning (SARIF 2.1.0)

Every finding is proved by the engine that decides. docs/lint.md has the rules.
Exit codes: 0 nothing that is high or worse, 1 something is, 2 input that cannot be used.
`,
  async run(args, io) {
    const { files, format } = read(args)
    try {
      const given = together(files.map((name) => readGiven(resolve(io.cwd, name), name)))
      checkGiven(given)
      const found = await findings(given)
      io.out(formats[format](found, io))
      tellOpen([...given.open, ...notLookedAt(given), ...projects(given)], io)
      return found.some(isSerious) ? exitCodes.failed : exitCodes.ok
    } catch (error) {
      return unusable(error, io)
    }
  },
}

/** Their roles count for every service account, and no rule is about them. */
function projects({ projectBindings }: GivenTrust): string[] {
  return projectBindings
    .filter(({ bindings }) => bindings.length > 0)
    .map(
      ({ projectNumber }) =>
        `the bindings of the project ${projectNumber} are not looked at: mayfly who tells whom they let in`,
    )
}

type Format = 'text' | 'json' | 'sarif'

function read(args: readonly string[]): { readonly files: readonly string[]; readonly format: Format } {
  const { values, positionals } = readFlags('lint', args, {
    json: { type: 'boolean', default: false },
    sarif: { type: 'boolean', default: false },
  })
  if (positionals.length === 0) throw usage('lint', 'which file? Its name is missing')
  if (values.json && values.sarif) throw usage('lint', 'either --json or --sarif')
  return { files: positionals, format: values.sarif ? 'sarif' : values.json ? 'json' : 'text' }
}

function isSerious({ severity }: Finding): boolean {
  return severity === 'critical' || severity === 'high'
}

const formats: Readonly<Record<Format, (found: readonly Finding[], io: Io) => string>> = {
  text: (found, io) => found.map((each) => textOf(each, io)).join('\n'),
  json: (found) => `${JSON.stringify({ findings: found }, null, 2)}\n`,
  sarif: (found) => `${JSON.stringify(sarifLog(found, rules, manifest.version), null, 2)}\n`,
}

const styles: Readonly<Record<Finding['severity'], Style>> = {
  critical: 'red',
  high: 'red',
  medium: 'yellow',
  low: 'dim',
}

function textOf(finding: Finding, io: Io): string {
  const { rule, severity, file, line, message, fixed } = finding
  const terminal = { fancy: io.fancyOut ?? false }
  const head = `${file}:${line}  ${paint(terminal, styles[severity], severity)}  ${paint(terminal, 'bold', rule)}`
  const rows = tokenRows(finding).map(([name, text]) => [name, printable(text)])
  const told = `${head}\n  ${printable(message)}\n${table([['why', whyOf(rule)], ...rows], '  ')}`
  return fixed === undefined ? told : `${told}  write\n${indented(JSON.stringify(fixed, null, 2))}`
}

function whyOf(rule: string): string {
  return rules.find(({ id }) => id === rule)?.why ?? ''
}

function tokenRows({ example, legitimate }: Finding): [string, string][] {
  if (!example) return []
  const { decision, claims } = example
  const shown = (token: Claims) => JSON.stringify(telling(token, legitimate ?? {}, claims))
  return [
    [decision === 'allow' ? 'gets through' : 'is refused', shown(claims)],
    ...(legitimate && decision === 'allow' ? [['should pass', shown(legitimate)] as [string, string]] : []),
  ]
}

/** Of a token, what everybody looks at, and in what two tokens differ. All of it is in the JSON. */
function telling(token: Claims, one: Claims, other: Claims): Claims {
  const always = ['iss', 'sub', 'aud']
  return Object.fromEntries(
    Object.entries(token).filter(([name]) => always.includes(name) || one[name] !== other[name]),
  )
}

function indented(text: string): string {
  return `${text.replace(/^/gm, '    ')}\n`
}
