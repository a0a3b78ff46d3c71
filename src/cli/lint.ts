import { resolve } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { lint as findings } from '../lint/lint.ts'
import type { Claims, Finding } from '../lint/rule.ts'
import { rules } from '../lint/rules.ts'
import { type SarifSetting, sarifLog } from '../lint/sarif.ts'
import { type GivenTrust, together } from '../registry/given.ts'
import { readGiven } from '../registry/read-given.ts'
import { checkGiven } from '../sts/check-given.ts'
import { printable } from '../wire/printable.ts'
import { type Command, exitCodes, type Io } from './command.ts'
import { unusable } from './failed.ts'
import { readFlags, usage } from './flags.ts'
import { tellOpen } from './open-points.ts'
import { paint, type Style, table } from './output.ts'
import { textOfFile } from './text-of-file.ts'

export const lint: Command = {
  summary: 'what is dangerous in a trust, with a token that gets through and the document as it should be',
  usage: `mayfly lint FILE… [--json|--sarif]

  FILE     what mayfly explain takes; files that belong together are looked at together; - is standard input
  --json   for programs
  --sarif  for code scanning (SARIF 2.1.0)

Every finding is proved by the engine that decides. docs/lint.md has the rules.
Exit codes: 0 nothing that is high or worse, 1 something is, 2 input that cannot be used.
`,
  async run(args, io) {
    const { files, format } = read(args)
    try {
      const given = together(files.map((name) => readGiven(pathOf(name, io), name)))
      checkGiven(given)
      const found = await findings(given)
      io.out(formats[format](found, io))
      tellOpen([...given.open, ...nothingIn(given)], io)
      return found.some(isSerious) ? exitCodes.failed : exitCodes.ok
    } catch (error) {
      return unusable(error, io)
    }
  },
}

/** `-` is standard input. */
function pathOf(name: string, io: Io): string {
  return name === '-' ? '/dev/stdin' : resolve(io.cwd, name)
}

/** A file in which there is nothing to look at is seldom the one that was meant. */
function nothingIn(given: GivenTrust): string[] {
  const { roles, poolProviders, serviceAccounts, projectBindings, credentials, authorizationServers } = given
  const looked = [roles, poolProviders, serviceAccounts, projectBindings, credentials, authorizationServers]
  return looked.some((each) => each.length > 0)
    ? []
    : [
        'nothing in it says who is trusted: no role, provider, service account, credential or authorization server',
      ]
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
  text: textOfAll,
  json: (found) => `${JSON.stringify({ findings: found }, null, 2)}\n`,
  sarif: (found, io) => `${JSON.stringify(sarifLog(found, rules, sarifSetting(io)), null, 2)}\n`,
}

function sarifSetting({ cwd: root }: Io): SarifSetting {
  return {
    version: manifest.version,
    root,
    // Standard input was read, and is over.
    textOf: (file) => (file === '-' ? undefined : textOfFile(resolve(root, file), file)),
  }
}

/** Several findings have one and the same fixed document: it is printed with the first. */
function textOfAll(found: readonly Finding[], io: Io): string {
  const printed = new Map<string, string>()
  const texts = found.map((each) => {
    const key = `${each.file} ${JSON.stringify(each.fixed)}`
    const before = printed.get(key)
    if (before === undefined) printed.set(key, each.rule)
    return `${textOf(each, io)}${fixedText(each, before)}`
  })
  return texts.join('\n')
}

function fixedText({ fixed }: Finding, before: string | undefined): string {
  if (fixed === undefined) return ''
  return before === undefined
    ? `  write (names and numbers that the file does not have are examples)\n${indented(JSON.stringify(fixed, null, 2))}`
    : `  write         what stands below ${before}\n`
}

const styles: Readonly<Record<Finding['severity'], Style>> = {
  critical: 'red',
  high: 'red',
  medium: 'yellow',
  low: 'dim',
}

function textOf(finding: Finding, io: Io): string {
  const { rule, severity, file, line, document, message } = finding
  const terminal = { fancy: io.fancyOut ?? false }
  const head = `${file}:${line}  ${paint(terminal, styles[severity], severity)}  ${paint(terminal, 'bold', rule)}${document === undefined ? '' : `  ${printable(document)}`}`
  const rows = tokenRows(finding).map(([name, text]) => [name, printable(text)])
  return `${head}\n  ${printable(message)}\n${table([['why', whyOf(rule)], ...rows], '  ')}`
}

function whyOf(rule: string): string {
  return rules.find(({ id }) => id === rule)?.why ?? ''
}

function tokenRows({ example, legitimate }: Finding): [string, string][] {
  if (!example) return []
  const { decision, claims, client, resource, actor } = example
  const asked = [client && `asked by ${client}`, resource && `for ${resource}`].filter(Boolean).join(' ')
  const shown = (token: Claims) => JSON.stringify(telling(token, legitimate ?? {}, claims))
  return [
    [decision === 'allow' ? 'gets through' : 'is refused', shown(claims)],
    ...(actor ? [['for the actor', JSON.stringify(actor)] as [string, string]] : []),
    ...(asked ? [['asked', asked] as [string, string]] : []),
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
