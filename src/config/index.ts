import { lstat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import type { Cloud, CredentialPlan } from '../plan.ts'
import type { Environment, World } from '../world.ts'
import { readAwsSettings } from './aws.ts'
import { readExternalAccount } from './external-account.ts'
import { readConfigFile } from './file.ts'
import type { Finding } from './finding.ts'

export interface PlansQuestion {
  readonly world: Pick<World, 'env'>
  /** Where mayfly.yaml is looked for, and what relative paths in variables are relative to. */
  readonly cwd: string
  /** A configuration file that must exist. Default: mayfly.yaml in `cwd` if there is one. */
  readonly file?: string | undefined
  /** Only the credential of this name, or those for this cloud. */
  readonly only?: string | undefined
}

/** What is read where there is no mayfly.yaml, by the cloud that it leads to. */
const surroundings: readonly (readonly [Cloud, (env: Environment, cwd: string) => Promise<Finding>])[] = [
  ['google', readExternalAccount],
  ['aws', readAwsSettings],
]

/**
 * The credentials that were asked for: by mayfly.yaml, else by what is already there for the SDKs.
 * @throws CONFIG_ABSENT with what was looked for, when nothing asks for a credential or for the one that is wanted
 * @throws CONFIG_FILE, CONFIG_SYNTAX, CONFIG_FIELD, CONFIG_TYPE, CONFIG_UNSUPPORTED
 */
export async function readPlans({
  world,
  cwd,
  file,
  only,
}: PlansQuestion): Promise<readonly CredentialPlan[]> {
  const path = file ? resolve(cwd, file) : await fileIn(cwd)
  if (!path) return zeroConfiguration(world.env, cwd, only)
  const plans = await readConfigFile(path, world.env)
  if (only) return chosen(plans, only, path)
  checkDeliveries(plans, path)
  return plans
}

async function fileIn(cwd: string): Promise<string | undefined> {
  const path = join(cwd, 'mayfly.yaml')
  // Of anything else that goes wrong with it, reading it tells.
  const absent = await lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR',
  )
  return absent ? undefined : path
}

function chosen(plans: readonly CredentialPlan[], only: string, path: string): readonly CredentialPlan[] {
  const named = plans.filter(({ name }) => name === only)
  const found = named.length ? named : plans.filter(({ steps }) => steps.at(-1)?.to === only)
  if (found.length) return found
  const names = plans.map(({ name }) => name)
  throw new MayflyError('CONFIG_ABSENT', {
    message: `${path} has no credential called ${only}: it has ${names.join(', ')}`,
    values: { wanted: only, names },
    hint: 'Ask for one of the names that are there, or add it.',
  })
}

/** A program reads each of these protocols from one place, so the second would hide the first. */
function checkDeliveries(plans: readonly CredentialPlan[], path: string): void {
  const taken = new Map<string, string>()
  for (const { name, deliveries, steps } of plans)
    for (const delivery of deliveries) {
      const key = delivery === 'env' ? `env for ${steps.at(-1)!.to}` : delivery
      const other = taken.get(key)
      if (other)
        throw new MayflyError('CONFIG_FIELD', {
          message: `${path}: ${other} and ${name} are both delivered by ${key}, and a program reads one there`,
          values: { file: path, delivery: key },
          hint: 'Set `deliver: []` for the one that only `mayfly get` is to give.',
        })
      taken.set(key, name)
    }
}

async function zeroConfiguration(
  env: Environment,
  cwd: string,
  only?: string,
): Promise<readonly CredentialPlan[]> {
  const readers = surroundings.filter(([cloud]) => !only || cloud === only)
  const findings: Finding[] = []
  for (const [, read] of readers) findings.push(await read(env, cwd))
  const plans = findings.flatMap((finding) => ('plan' in finding ? [finding.plan] : []))
  if (plans.length) return plans
  const attempts = [
    { what: join(cwd, 'mayfly.yaml'), why: 'does not exist' },
    ...findings.flatMap((finding) => ('absent' in finding ? finding.absent : [])),
  ]
  throw new MayflyError('CONFIG_ABSENT', {
    message: `nothing here asks for ${only ? `the credential ${only}` : 'a credential'} (${attempts.map(({ what, why }) => `${what} ${why}`).join('; ')})`,
    attempts,
  })
}
