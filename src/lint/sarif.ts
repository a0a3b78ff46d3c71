import type { Finding, Rule, Severity } from './rule.ts'

/** SARIF has three levels, and code scanning a number besides that it sorts by. */
const levels: Readonly<Record<Severity, readonly [level: 'error' | 'warning' | 'note', score: string]>> = {
  critical: ['error', '9.5'],
  high: ['error', '8.0'],
  medium: ['warning', '5.5'],
  low: ['note', '3.0'],
}

/**
 * Findings for code scanning.
 * @see SARIF 2.1.0 (OASIS): §3.13 log, §3.14 run, §3.27 result
 */
export function sarifLog(findings: readonly Finding[], rules: readonly Rule[], version: string): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'mayfly', semanticVersion: version, rules: rules.map(ruleOf) } },
        results: findings.map((finding) => resultOf(finding, rules)),
      },
    ],
  }
}

function ruleOf({ id, severity, what, why }: Rule): object {
  const [level, score] = levels[severity]
  return {
    id,
    shortDescription: { text: what },
    fullDescription: { text: why },
    help: { text: `${why} See docs/lint.md#${id}.` },
    defaultConfiguration: { level },
    properties: { 'security-severity': score, tags: ['security'] },
  }
}

function resultOf(
  { rule, severity, file, line, message, example, fixed }: Finding,
  rules: readonly Rule[],
): object {
  return {
    ruleId: rule,
    ruleIndex: rules.findIndex(({ id }) => id === rule),
    level: levels[severity][0],
    message: { text: `${message}${example ? shown(example) : ''}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
          region: { startLine: Math.max(1, line) },
        },
      },
    ],
    properties: { ...(example && { example }), ...(fixed !== undefined && { fixed }) },
  }
}

function shown({ claims, decision }: NonNullable<Finding['example']>): string {
  const said = decision === 'allow' ? 'This token gets through' : 'This token is refused'
  return `. ${said}: ${JSON.stringify(claims)}`
}
