import { MayflyError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { Environment } from '../world.ts'
import type { Change } from './delivery.ts'

/**
 * The environment of the program: the parent's with every change made. The only place where a Secret becomes a variable.
 * For one credential a `set` beats an `unset`, and the later `set` counts; two credentials must agree.
 * @throws CONFIG_FIELD when two credentials want different things of one variable, or a value holds what none can
 */
export function childEnvironment(parent: Environment, changes: readonly Change[]): Record<string, string> {
  refuseConflicts(changes)
  refuseNul(changes)
  const child = present(parent)
  const inOrder = ['unset', 'set', 'append'] as const
  for (const action of inOrder)
    for (const change of changes) if (change.action === action) apply(child, parent, change)
  return child
}

function present(parent: Environment): Record<string, string> {
  const child: Record<string, string> = {}
  for (const [variable, value] of Object.entries(parent)) if (value !== undefined) child[variable] = value
  return child
}

function apply(child: Record<string, string>, parent: Environment, change: Change): void {
  const { variable } = change
  if (change.action === 'unset') delete child[variable]
  else if (change.action === 'set') child[variable] = text(change.value)
  else child[variable] = joined(child[variable] ?? otherSpelling(parent, variable), change.value)
}

// A program that reads `no_proxy` before `NO_PROXY` must go on seeing what the user wrote into the latter.
function otherSpelling(parent: Environment, variable: string): string | undefined {
  return parent[variable.toLowerCase()] ?? parent[variable.toUpperCase()]
}

function joined(before: string | undefined, added: string): string {
  const entries = (before ?? '').split(',').map((each) => each.trim())
  if (entries.includes('*')) return '*'
  return [...new Set([...entries, ...added.split(',')])].filter((each) => each !== '').join(',')
}

function text(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value
}

function refuseConflicts(changes: readonly Change[]): void {
  const wanted = new Map<string, Change>()
  for (const change of changes) {
    if (change.action === 'append') continue
    const other = wanted.get(change.variable)
    if (other && other.of !== change.of && !agree(other, change)) throw conflict(other, change)
    if (!other || change.action === 'set') wanted.set(change.variable, change)
  }
}

// The environment is a list of strings that a NUL ends (environ(7)), so the program could not be started.
function refuseNul(changes: readonly Change[]): void {
  const wrong = changes.find((change) => change.action !== 'unset' && text(change.value).includes('\0'))
  if (wrong)
    throw new MayflyError('CONFIG_FIELD', {
      message: `the value for ${wrong.variable}, which the credential "${wrong.of}" needs, holds a NUL character`,
      values: { variable: wrong.variable, credentials: [wrong.of ?? ''] },
      hint: 'No variable can hold one: take it out of the setting that the value comes from.',
    })
}

function agree(one: Change, other: Change): boolean {
  if (one.action === 'set' && other.action === 'set') return text(one.value) === text(other.value)
  return one.action === other.action
}

function conflict(one: Change, other: Change): MayflyError {
  return new MayflyError('CONFIG_FIELD', {
    message: `the credentials "${one.of}" and "${other.of}" both need the variable ${one.variable}, each in its own way`,
    values: { variable: one.variable, credentials: [one.of ?? '', other.of ?? ''] },
    hint: 'A program can hold one identity per cloud: run it with one of them, or ask `mayfly get NAME` for the other.',
  })
}
