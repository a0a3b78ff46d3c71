import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { lineFingerprints } from './line-fingerprints.ts'
import type { Example, Finding, Rule, Severity } from './rule.ts'

/** SARIF has three levels, and code scanning a number besides that it sorts by. */
const levels: Readonly<Record<Severity, readonly [level: 'error' | 'warning' | 'note', score: string]>> = {
  critical: ['error', '9.5'],
  high: ['error', '8.0'],
  medium: ['warning', '5.5'],
  low: ['note', '3.0'],
}

/** What a log says besides the findings. */
export interface SarifSetting {
  /** Mayfly's. */
  readonly version: string
  /** The root of the sources, absolute: paths in the log are relative to it. */
  readonly root: string
  /** What a file says; undefined where it cannot be read again. */
  textOf(file: string): string | undefined
}

/**
 * Findings for code scanning.
 * @see SARIF 2.1.0 (OASIS): §3.13 log, §3.14 run, §3.27 result
 * @see https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support
 */
export function sarifLog(
  findings: readonly Finding[],
  rules: readonly Rule[],
  setting: SarifSetting,
): object {
  const driver = { name: 'mayfly', semanticVersion: setting.version, rules: rules.map(ruleOf) }
  const places = placesIn(setting)
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({ ...resultOf(finding, rules), ...places(finding) })),
      },
    ],
  }
}

function ruleOf({ id, severity, what, why }: Rule): object {
  const [level, score] = levels[severity]
  const seeing = `See docs/lint.md#${id}.`
  return {
    id,
    name: id,
    shortDescription: { text: sentence(what) },
    fullDescription: { text: why },
    help: { text: `${why} ${seeing}`, markdown: `**${sentence(what)}** ${why}\n\n${seeing}` },
    defaultConfiguration: { level },
    properties: { 'security-severity': score, precision: 'very-high', tags: ['security'] },
  }
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`
}

function resultOf(finding: Finding, rules: readonly Rule[]): object {
  const { rule, severity, document, message, example, fixed } = finding
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: levels[severity][0],
    message: {
      text: `${document === undefined ? '' : `${document}: `}${message}${example ? shown(example) : ''}`,
    },
    properties: { ...(example && { example }), ...(fixed !== undefined && { fixed }) },
  }
}

/** Where findings stand, and by what code scanning knows them again. */
function placesIn({ root, textOf }: SarifSetting) {
  const files = new Map<string, ReturnType<typeof lineFingerprints>>()
  const fingerprintsOf = (file: string) => {
    const known = files.get(file) ?? lineFingerprints(textOf(file) ?? '')
    files.set(file, known)
    return known
  }
  return ({ file, line }: Finding): object => {
    const startLine = Math.max(1, line)
    const fingerprint = fingerprintsOf(file)(startLine)
    return {
      locations: [
        { physicalLocation: { artifactLocation: { uri: uriOf(file, root) }, region: { startLine } } },
      ],
      ...(fingerprint !== undefined && { partialFingerprints: { primaryLocationLineHash: fingerprint } }),
    }
  }
}

/** Relative to the root, as code scanning finds files; what is outside of it has a URL of its own. */
function uriOf(file: string, root: string): string {
  if (file === '-') return 'stdin'
  const path = relative(root, resolve(root, file))
  if (path.startsWith('..')) return pathToFileURL(resolve(root, file)).href
  return path.split(/[\\/]/).map(encodeURIComponent).join('/')
}

function shown({ claims, decision }: Example): string {
  const said = decision === 'allow' ? 'This token gets through' : 'This token is refused'
  return `. ${said}: ${JSON.stringify(claims)}`
}
