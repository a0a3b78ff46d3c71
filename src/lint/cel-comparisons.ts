import { comparisonsIn, exampleOf, meantToken } from './cel-tokens.ts'
import { type ConditionFamily, type PlacedCondition, requoted, suspected } from './placed-condition.ts'
import { own } from './platforms.ts'
import type { Rule, Suspicion } from './rule.ts'

// How a condition in CEL compares.

export const unanchored = ({ name, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-unanchored-matches`,
  severity: 'high',
  what: 'matches() finds its pattern anywhere in a text',
  why: 'Without ^ and $ a longer text that contains the expected one passes: matches("acme/shop") is true of evil/acme/shop-2.',
  find: (given) =>
    conditionsIn(given).flatMap((each) =>
      comparisonsIn(each.condition)
        .filter(
          ({ operator, text }) => operator === 'matches' && !(text.startsWith('^') && /[^\\]\$$/.test(text)),
        )
        .map(({ claim, text }) => ({
          ...suspected(each),
          message: `matches(${JSON.stringify(text)}) is not anchored at both ends`,
          needsFix: true as const,
          tokens: longer(exampleOf(text), text).map((value) => ({ ...meantToken(each), [claim]: value })),
          legitimate: [{ ...meantToken(each), [claim]: exampleOf(text) }],
          fixed: each.with(requoted(each.written, text, anchored(text))),
        })),
    ),
})

function longer(value: string, pattern: string): string[] {
  const after = [`${value}-evil`, `${value}x`]
  const before = [`evil-corp-${value}`, `evil/${value}`]
  return pattern.startsWith('^') ? after : [...before, ...after]
}

function anchored(pattern: string): string {
  const bare = pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
  return bare.includes('|') ? `^(?:${bare})$` : `^${bare}$`
}

/** `!has(assertion.environment) || …` */
const unlessThere =
  /!\s*(?:has\(\s*assertion\.(\w+)\s*\)|\(\s*['"](\w+)['"]\s+in\s+assertion\s*\))\s*\|\|\s*/g

export const absentClaim = ({ name, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-absent-claim`,
  severity: 'high',
  what: 'a condition holds when the token has no such claim',
  why: 'What is asked of a claim only if it is there is not asked of tokens without it.',
  find: (given) =>
    conditionsIn(given).flatMap((each) =>
      [...each.written.matchAll(unlessThere)].map(([text, one, other]) => {
        const claim = one ?? other ?? ''
        const { [claim]: _, ...without } = meantToken(each)
        return {
          ...suspected(each),
          message: `a token without ${claim} passes`,
          needsFix: true as const,
          tokens: [without],
          fixed: each.with(each.written.replace(text, '')),
        }
      }),
    ),
})

const number = /assertion\.(\w+)\s*(==|!=)\s*(\d+)(?![\d.'"])/g

export const numberUnequal = ({ name, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-number-unequal`,
  severity: 'high',
  what: 'a text claim is compared to be unequal to a number',
  why: 'CEL compares values of two types as unequal: != is always true, and keeps nobody out.',
  find: (given) => numbers(conditionsIn(given), '!='),
})

export const numberEqual = ({ name, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-number-equal`,
  severity: 'medium',
  what: 'a text claim is compared to be equal to a number',
  why: 'CEL compares values of two types as unequal: == is never true, and nobody gets in.',
  find: (given) => numbers(conditionsIn(given), '=='),
})

function numbers(conditions: readonly PlacedCondition[], operator: '==' | '!='): Suspicion[] {
  return conditions.flatMap((each) => {
    const usual = each.platform.token(each.issuer, own)
    return [...each.condition.matchAll(number)]
      .filter(([, claim = '', found]) => found === operator && typeof usual[claim] === 'string')
      .map(([, claim = '', , literal = '']) => {
        const meant = { ...meantToken(each), [claim]: literal }
        const text = new RegExp(`(${operator}\\s*)${literal}(?![\\d.])`)
        return {
          ...suspected(each),
          message: `${claim} is a text in tokens of ${each.platform.name}, and ${literal} a number`,
          needsFix: true as const,
          effect: operator === '!=' ? ('admits' as const) : ('refuses' as const),
          tokens: [meant],
          legitimate: operator === '!=' ? [meantToken(each)] : [meant],
          fixed: each.with(each.written.replace(text, `$1'${literal}'`)),
        }
      })
  })
}

export const literalWildcard = ({ name, conditionsIn }: ConditionFamily): Rule => ({
  id: `${name}-literal-wildcard`,
  severity: 'medium',
  what: '== takes * literally',
  why: 'No claim has a * in it, so nobody gets in: startsWith or an anchored matches() is what has parts left open.',
  find: (given) =>
    conditionsIn(given).flatMap((each) =>
      [...each.written.matchAll(/((?:assertion|attribute|google)\.\w+)\s*==\s*(['"])([^'"*]*)\*\2/g)].map(
        ([all, variable, quote, begin = '']) => {
          const { claim = '' } = comparisonsIn(each.condition).find(({ text }) => text === `${begin}*`) ?? {}
          const usual = String(meantToken({ ...each, condition: '' })[claim] ?? '')
          const value = usual.startsWith(begin) ? usual : `${begin}x`
          const meant = { ...meantToken(each), [claim]: value }
          return {
            ...suspected(each),
            message: `== compares ${JSON.stringify(`${begin}*`)} character for character`,
            effect: 'refuses',
            tokens: [meant],
            legitimate: [meant],
            fixed: each.with(
              each.written.replace(all, () => `${variable}.startsWith(${quote}${begin}${quote})`),
            ),
          } as const
        },
      ),
    ),
})
