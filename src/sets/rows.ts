import { shown } from './text-set.ts'
import type { TokenSet } from './token-set.ts'
import type { ValueSet } from './value-set.ts'

/** The exact patterns, a row for each claim. In a pattern `*` and `?` are wildcards, and those with a backslash are not. */
export function rowsOf({ claims, conditions }: TokenSet): [name: string, text: string][] {
  return [
    ...[...claims].map(([name, values]): [string, string] => [name, patternText(values)]),
    ...[...conditions].map(([text, holds]): [string, string] => [holds ? 'if' : 'unless', text]),
  ]
}

function patternText({ absent, texts }: ValueSet): string {
  if (!texts) return '(absent)'
  const { all, none } = texts
  const parts = all.map((globs) =>
    globs.map((each) => `${shown(each)}${each.ignoreCase ? ' (in any case)' : ''}`).join('  |  '),
  )
  const said = [
    ...parts,
    ...(none.length > 0 ? [`${none.length > 1 ? 'none of' : 'not'} ${none.map(shown).join('  |  ')}`] : []),
  ].join('  and  ')
  return `${said || '(anything)'}${absent ? '  or absent' : ''}`
}

/** The same for programs. */
export function jsonOfTokens({ claims, conditions }: TokenSet): object {
  return {
    claims: Object.fromEntries([...claims].map(([name, values]) => [name, jsonOfValues(values)])),
    conditions: [...conditions].map(([text, holds]) => ({ text, holds })),
  }
}

function jsonOfValues({ absent, texts }: ValueSet): object {
  const list = (globs: readonly Parameters<typeof shown>[0][]) => globs.map(shown)
  return {
    ...(texts ? { fits: texts.all.map(list), fitsNone: list(texts.none) } : { fits: [[]], fitsNone: [] }),
    mayBeAbsent: absent,
  }
}
