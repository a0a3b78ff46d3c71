import { MayflyError } from '../errors.ts'
import { parseGiven } from '../registry/read-given.ts'
import { type Claims, decide } from './decide.ts'
import { entrancesOf } from './entrances.ts'
import { renderAws } from './render-aws.ts'
import { renderEntra } from './render-entra.ts'
import { renderGoogle } from './render-google.ts'
import type { Inexpressible, RenderSetting, TokenRule } from './token-rule.ts'

export const renderers = { aws: renderAws, google: renderGoogle, entra: renderEntra } as const
export type Cloud = keyof typeof renderers

export type Rendered = { readonly document: object } | { readonly lacks: readonly Inexpressible[] }

/**
 * One rule in a cloud's own words, or what those cannot say: never a document that lets others in. What is given out was
 * seen to let in its token, and none that differs in one claim.
 * @throws TypeError when it was not: a fault of ours
 */
export async function render(cloud: Cloud, rule: TokenRule, setting: RenderSetting): Promise<Rendered> {
  const renderer = renderers[cloud]
  const lacks = renderer.lacks(rule, setting)
  if (lacks.length > 0) return { lacks }
  const document = renderer.document(rule, setting)
  await prove(document, rule)
  return { document }
}

/** The error for whoever asked for one cloud alone. */
export function inexpressible(cloud: Cloud, lacks: readonly Inexpressible[]): MayflyError {
  const names = { aws: 'AWS', google: 'Google Cloud', entra: 'Entra' }
  return new MayflyError('TRUST_INEXPRESSIBLE', {
    message: `${names[cloud]} cannot say all of this rule, and what it can say would let others in`,
    attempts: lacks.map(({ what, why }) => ({ what, why })),
  })
}

async function prove(document: object, rule: TokenRule): Promise<void> {
  const trust = parseGiven(JSON.stringify(document), 'the document')
  const [entrance] = entrancesOf(trust)
  const decides = async (claims: Claims) =>
    entrance && (await decide(trust, entrance.target, claims)).decision
  const meant = tokenOf(rule)
  if ((await decides(meant)) !== 'allow') throw new TypeError('the document does not let in its own token')
  for (const other of variations(meant))
    if ((await decides(other)) !== 'deny')
      throw new TypeError(`the document lets in another token: ${JSON.stringify(other)}`)
}

export function tokenOf({ issuer, subject, audience, claims }: TokenRule): Readonly<Record<string, string>> {
  return { ...claims, iss: issuer, sub: subject, aud: audience }
}

/** Tokens that differ in one claim: longer, in another case, or without it. */
export function variations(token: Readonly<Record<string, string>>): Claims[] {
  return Object.entries(token).flatMap(([name, value]) => {
    const { [name]: _, ...without } = token
    const others = [`${value}x`, `x${value}`, turned(value)].filter((each) => each !== value)
    return [without, ...others.map((each) => ({ ...token, [name]: each }))]
  })
}

function turned(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()
}
