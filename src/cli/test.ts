import { resolve } from 'node:path'
import { escapeXml } from '../wire/aws-query.ts'
import { printable } from '../wire/printable.ts'
import { wallClock } from '../world.ts'
import { type Command, exitCodes, type Io } from './command.ts'
import { unusable } from './failed.ts'
import { readFlags, usage } from './flags.ts'
import { paint } from './output.ts'
import { readTrustTests, runTrustTest, type TestResult } from './trust-tests.ts'

export const test: Command = {
  summary: 'unit tests of trust: which claims are allowed, and which are not',
  usage: `mayfly test FILE… [--junit]

  FILE     YAML or JSON: \`trust:\`, a file or several as \`mayfly explain\` takes them, by the place of this one, and
           \`tests:\`, each with \`claims:\`, \`expect: allow|deny\` and, as far as needed, \`name:\`, \`role:\`, \`provider:\`,
           \`serviceAccount:\`, \`application:\`, \`authorizationServer:\`, \`client:\`, \`resource:\`, \`scope:\` and \`because:\`,
           words that the reason of a denial has to have
  --junit  JUnit XML on standard output

Exit codes: 0 all passed, 1 one did not, 2 input that cannot be used.
`,
  async run(args, io) {
    const { values, positionals } = readFlags('test', args, { junit: { type: 'boolean', default: false } })
    if (positionals.length === 0) throw usage('test', 'which file? Its name is missing')
    try {
      const suites: Suite[] = []
      for (const name of positionals) suites.push(await suiteOf(resolve(io.cwd, name), name))
      io.out(values.junit ? junitOf(suites) : suites.map((each) => textOf(each, io)).join(''))
      return suites.every(({ results }) => results.every(({ passed }) => passed))
        ? exitCodes.ok
        : exitCodes.failed
    } catch (error) {
      return unusable(error, io)
    }
  },
}

interface Suite {
  readonly name: string
  readonly results: readonly TestResult[]
}

async function suiteOf(file: string, name: string): Promise<Suite> {
  const { trust, tests } = readTrustTests(file, name)
  const results: TestResult[] = []
  for (const each of tests) results.push(await runTrustTest(each, trust, wallClock.now()))
  return { name, results }
}

function textOf({ results }: Suite, io: Io): string {
  const terminal = { fancy: io.fancyOut ?? false }
  const lines = results.map(({ name, passed, found }) => {
    const mark = passed ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗')
    return `${mark} ${printable(name)}${passed ? '' : `\n  ${printable(found)}`}\n`
  })
  return lines.join('')
}

/** As CI services read it: one suite for each file. */
function junitOf(suites: readonly Suite[]): string {
  const lines = suites.flatMap(({ name, results }) => [
    `  <testsuite name="${escapeXml(name)}" tests="${results.length}" failures="${results.filter(({ passed }) => !passed).length}">`,
    ...results.map((each) => `    ${caseOf(name, each)}`),
    '  </testsuite>',
  ])
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${lines.join('\n')}\n</testsuites>\n`
}

function caseOf(suite: string, { name, passed, found }: TestResult): string {
  const head = `<testcase classname="${escapeXml(suite)}" name="${escapeXml(printable(name))}"`
  return passed ? `${head}/>` : `${head}><failure message="${escapeXml(printable(found))}"/></testcase>`
}
