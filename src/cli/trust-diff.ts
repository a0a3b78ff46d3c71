import { resolve } from 'node:path'
import type { GivenTrust } from '../registry/given.ts'
import { readGiven } from '../registry/read-given.ts'
import { type Difference, differencesOf, type Meaning, meaningOf, type Part } from '../sets/difference.ts'
import { inWords } from '../sets/in-words.ts'
import { jsonOfTokens, rowsOf } from '../sets/rows.ts'
import { checkGiven } from '../sts/check-given.ts'
import { printable } from '../wire/printable.ts'
import { exitCodes, type Io } from './command.ts'
import { unusable } from './failed.ts'
import { readFlags, usage } from './flags.ts'
import { paint, type Style, table } from './output.ts'

/** Tells what two trusts differ in. @returns the exit code */
export async function trustDiff(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readFlags('trust', args, { json: { type: 'boolean', default: false } })
  const [before, after, more] = positionals
  if (before === undefined || after === undefined)
    throw usage('trust', 'which two? mayfly trust diff OLD NEW')
  if (more !== undefined)
    throw usage('trust', `mayfly trust diff takes two files, and ${JSON.stringify(more)} is a third`)
  try {
    const differences = await differencesOf(read(before, io), read(after, io))
    const meaning = meaningOf(differences)
    io.out(values.json ? jsonOf(meaning, differences) : textOf(meaning, differences, io))
    return meaning === 'same' || meaning === 'narrower' ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    return unusable(error, io)
  }
}

function read(name: string, io: Io): GivenTrust {
  const given = readGiven(resolve(io.cwd, name), name)
  for (const each of given.open) io.err(`open: ${name}: ${printable(each)}\n`)
  checkGiven(given)
  return given
}

function jsonOf(meaning: Meaning, differences: readonly Difference[]): string {
  const parts = (list: readonly Part[]) =>
    list.map(({ tokens, ...rest }) => ({
      ...(tokens && { who: inWords({ lets: tokens, except: [] }).who, tokens: jsonOfTokens(tokens) }),
      ...rest,
    }))
  const all = differences.map(({ opened, closed, ...rest }) => ({
    ...rest,
    opened: parts(opened),
    closed: parts(closed),
  }))
  return `${JSON.stringify({ meaning, differences: all }, null, 2)}\n`
}

type Terminal = Parameters<typeof paint>[0]

const verdicts: Readonly<Record<Meaning, readonly [Style, string]>> = {
  same: ['green', 'The same tokens get in by both.'],
  narrower: ['green', 'Nobody gets in who did not before.'],
  wider: ['red', 'Somebody gets in who did not before.'],
  undecided: ['yellow', 'Whether somebody gets in who did not before cannot be told.'],
}

function textOf(meaning: Meaning, differences: readonly Difference[], io: Io): string {
  const terminal = { fancy: io.fancyOut ?? false }
  const [style, verdict] = verdicts[meaning]
  const told = differences.map((each) => `${differenceText(each, terminal)}\n`).join('')
  return `${told}${paint(terminal, style, verdict)}\n`
}

const whose = { both: '', old: '  in the old one alone', new: '  in the new one alone' } as const

function differenceText({ name, there, opened, closed }: Difference, terminal: Terminal): string {
  const head = `${paint(terminal, 'bold', printable(name))}${whose[there]}\n`
  const parts = [
    ...opened.map((each) => partText(each, { mark: '+', style: 'red', doing: 'gets in now' }, terminal)),
    ...closed.map((each) =>
      partText(each, { mark: '-', style: 'green', doing: 'no longer gets in' }, terminal),
    ),
  ]
  return head + parts.join('')
}

interface Side {
  readonly mark: string
  readonly style: Style
  readonly doing: string
}

function partText(
  { tokens, example, confirmed, besides }: Part,
  { mark, style, doing }: Side,
  terminal: Terminal,
): string {
  if (besides !== undefined)
    return `  ${paint(terminal, 'yellow', '?')} ${doing === 'gets in now' ? 'new' : 'gone'}, and not compared: ${printable(besides)}\n`
  if (!tokens && example)
    return `  ${paint(terminal, style, mark)} ${doing}: a token in which a claim is no text\n${table([['for example', printable(JSON.stringify(example))]], '      ')}`
  if (!tokens) return `  ${paint(terminal, 'yellow', '?')} too many parts to tell them\n`
  const { who, warnings } = inWords({ lets: tokens, except: [] })
  const sign = confirmed ? paint(terminal, style, mark) : paint(terminal, 'yellow', '?')
  const open = confirmed ? '' : '  (perhaps: no token was found of which the engine says so)'
  const warned =
    mark === '+' ? warnings.map((each) => `  ${paint(terminal, 'yellow', `⚠ ${each}`)}`).join('') : ''
  const rows = [
    ...rowsOf(tokens),
    ...(example ? [['for example', JSON.stringify(telling(example, tokens))] as const] : []),
  ]
  const shown = rows.map(([name, text]) => [paint(terminal, 'dim', printable(name)), printable(text)])
  return `  ${sign} ${doing}: ${printable(who)}${warned}${open}\n${table(shown, '      ')}`
}

/** Of a token, what everybody looks at, and what the set asks for. All of it is in the JSON. */
function telling(
  claims: NonNullable<Part['example']>,
  { claims: asked }: NonNullable<Part['tokens']>,
): object {
  const named = ['iss', 'sub', 'aud', ...asked.keys()]
  return Object.fromEntries(Object.entries(claims).filter(([name]) => named.includes(name)))
}
