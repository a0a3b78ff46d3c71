import { resolve } from 'node:path'
import { type GivenTrust, together } from '../registry/given.ts'
import { readGiven } from '../registry/read-given.ts'
import { type CandidateResult, tryCandidate } from '../sets/candidates.ts'
import { entrancesOf } from '../sets/entrances.ts'
import { inWords } from '../sets/in-words.ts'
import { jsonOfTokens, rowsOf } from '../sets/rows.ts'
import type { Entrance, Way } from '../sets/way.ts'
import { checkGiven } from '../sts/check-given.ts'
import { printable } from '../wire/printable.ts'
import { wallClock } from '../world.ts'
import { readCandidates } from './claims-file.ts'
import { type Command, exitCodes, type Io } from './command.ts'
import { unusable } from './failed.ts'
import { readFlags, usage } from './flags.ts'
import { tellOpen } from './open-points.ts'
import { paint, table } from './output.ts'

export const who: Command = {
  summary: 'whose tokens a trust lets in: as sets, and which of a list of tokens',
  usage: `mayfly who --trust FILE [--candidates FILE] [--json]

  --trust FILE       what mayfly explain takes; again for another that belongs to it
  --candidates FILE  tokens, or their claims: a JSON array, or one on each line; - is standard input
  --json             for programs

In a pattern * stands for any characters and ? for one; with a backslash they stand for themselves. A condition that
compares otherwise than a claim with texts is shown as it stands, after \`if\`. The sets are of tokens whose claims are texts;
\`besides\` are the rules about others, as AWS principals and session tags. Candidates are decided on by the engine, as mayfly
explain does, whoever signed them. At an authorization server one resource and one scope is asked for at a time: (client) is
who asks, and (actor) the token of whoever acts for the subject.
Exit codes: 0 done, 2 input that cannot be used.
`,
  async run(args, io) {
    const wanted = read(args, io)
    try {
      const trust = trustIn(wanted, io)
      const entrances = entrancesOf(trust)
      const results = await tried(wanted, entrances, trust)
      io.out(wanted.json ? jsonOf(entrances, results) : textOf(entrances, results, io))
      return exitCodes.ok
    } catch (error) {
      return unusable(error, io)
    }
  },
}

interface Wanted {
  readonly trust: readonly { readonly path: string; readonly name: string }[]
  readonly candidates?: { readonly path: string; readonly name: string }
  readonly json: boolean
}

function read(args: readonly string[], io: Io): Wanted {
  const { values, positionals } = readFlags('who', args, {
    trust: { type: 'string', multiple: true, default: [] },
    candidates: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length > 0) throw usage('who', `mayfly who takes no ${JSON.stringify(positionals[0])}`)
  if (values.trust.length === 0) throw usage('who', 'by which trust? --trust FILE is missing')
  const file = (name: string) => ({ name, path: name === '-' ? name : resolve(io.cwd, name) })
  return {
    trust: values.trust.map(file),
    ...(values.candidates !== undefined && { candidates: file(values.candidates) }),
    json: values.json,
  }
}

function trustIn({ trust }: Wanted, io: Io): GivenTrust {
  const given = together(trust.map(({ path, name }) => readGiven(path, name)))
  tellOpen(given.open, io)
  checkGiven(given)
  return given
}

async function tried(
  { candidates }: Wanted,
  entrances: readonly Entrance[],
  trust: GivenTrust,
): Promise<CandidateResult[] | undefined> {
  if (!candidates) return undefined
  const results: CandidateResult[] = []
  for (const claims of readCandidates(candidates.path, candidates.name))
    results.push(await tryCandidate(claims, entrances, trust, wallClock.now()))
  return results
}

function jsonOf(entrances: readonly Entrance[], candidates: readonly CandidateResult[] | undefined): string {
  const all = entrances.map(({ target, name, file, line, ways, open, besides }) => ({
    target,
    name,
    file,
    line,
    ways: ways.map(jsonOfWay),
    ...(besides && { besides }),
    ...(open !== undefined && { open }),
  }))
  return `${JSON.stringify({ entrances: all, ...(candidates && { candidates }) }, null, 2)}\n`
}

function jsonOfWay({ source, line, lets, except, notes }: Way): object {
  return {
    source,
    line,
    ...inWords({ lets, except }),
    lets: jsonOfTokens(lets),
    except: except.map(jsonOfTokens),
    notes,
  }
}

function textOf(
  entrances: readonly Entrance[],
  candidates: readonly CandidateResult[] | undefined,
  io: Io,
): string {
  const terminal = { fancy: io.fancyOut ?? false }
  const sets = entrances.map((each) => entranceText(each, terminal))
  const tokens = candidates?.map((each) => candidateText(each, terminal)) ?? []
  return [...sets, ...tokens].join('\n') || 'Nothing in it is for tokens.\n'
}

type Terminal = Parameters<typeof paint>[0]

function entranceText({ name, file, line, ways, open, besides = [] }: Entrance, terminal: Terminal): string {
  const head = `${paint(terminal, 'bold', printable(name))}  ${paint(terminal, 'dim', `${file}:${line}`)}\n`
  const missing = open === undefined ? '' : `  ${paint(terminal, 'yellow', '?')} ${printable(open)}\n`
  const tokens = ways.map((each) => wayText(each, terminal)).join('') || '  no token gets in\n'
  const others = besides
    .map((each) => `  ${paint(terminal, 'dim', 'besides')}  ${printable(each)}\n`)
    .join('')
  return head + missing + tokens + others
}

function wayText({ source, line, lets, except, notes }: Way, terminal: Terminal): string {
  const { who: whose, warnings } = inWords({ lets, except })
  const warned = warnings.map((each) => `  ${paint(terminal, 'yellow', `⚠ ${each}`)}`).join('')
  const rows = [
    ...rowsOf(lets),
    ...except.flatMap((each) => rowsOf(each).map(([name, text]) => [`except ${name}`, text] as const)),
    ...notes.map((each) => ['note', each] as const),
    ['by', `${source}, line ${line}`] as const,
  ]
  const shown = rows.map(([name, text]) => [paint(terminal, 'dim', printable(name)), printable(text)])
  return `  ${printable(whose)}${warned}\n${table(shown, '    ')}`
}

/** So many are listed of what may be thousands. */
const mostReasons = 8

function candidateText({ claims, entrances }: CandidateResult, terminal: Terminal): string {
  const { iss, sub, aud, Arn } = claims
  const named = Arn === undefined ? [iss, sub, aud] : [Arn]
  const head = named
    .map((each) => printable(typeof each === 'string' ? each : JSON.stringify(each ?? null)))
    .join('  ')
  const shown = entrances.filter(({ decision }, i) => decision === 'allow' || i < mostReasons)
  const rows = shown.map(({ name, decision, by, why = '' }) => [
    decision === 'allow' ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗'),
    printable(name),
    printable(decision === 'allow' ? `by ${by ?? 'the provider'}` : why),
  ])
  const more = entrances.length - shown.length
  const rest = more > 0 ? `  and ${more} more refuse it: --json has the reasons\n` : ''
  return `${paint(terminal, 'bold', head)}\n${table(rows, '  ')}${rest}`
}
