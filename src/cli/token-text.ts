import { MayflyError } from '../errors.ts'

/** In what people have a token when they copied it out of something: how it looks, what to call that, and what to do. */
const wrappings: readonly [looks: RegExp, what: string, hint: string][] = [
  [
    /^\{/,
    'is an object in JSON',
    'Claims are given with --claims FILE. Of an answer that has a token in it, give the token alone: jq -r .value.',
  ],
  [/^(?:authorization\s*:\s*)?bearer\s/i, 'begins with "Bearer"', 'Give what stands behind that alone.'],
  [/^(["']).*\1$/s, 'stands in quotes', 'Take the quotes away: jq -r prints without them.'],
  [/^\w+=/, 'begins with a name and =', 'Give what stands behind that alone.'],
  [/\s/, 'has blanks or line breaks inside', 'Join its lines: a token is one line without blanks.'],
]

/** The token in a file, without white space around it. @throws PROOF_MALFORMED for what a token was copied with */
export function tokenText(text: string): string {
  const token = text.trim()
  const [, what, hint] = wrappings.find(([looks]) => looks.test(token)) ?? []
  if (what === undefined || hint === undefined) return token
  throw new MayflyError('PROOF_MALFORMED', { message: `the token ${what}`, hint })
}
