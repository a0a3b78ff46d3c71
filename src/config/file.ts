import { dirname } from 'node:path'
import type { CredentialPlan } from '../plan.ts'
import type { Problem } from '../wire/placed-document.ts'
import type { Environment } from '../world.ts'
import { readYaml } from './document.ts'
import { entryPlan, entryProblems } from './entry.ts'
import { checked, refuse } from './mistakes.ts'
import { readText } from './read-text.ts'
import { type FileDocument, fileSchema, memberNames } from './schema.ts'

/**
 * The plans of a mayfly.yaml.
 * @throws CONFIG_FILE, CONFIG_SYNTAX
 * @throws CONFIG_FIELD naming every mistake at once, each with its line, its path, what was expected and what is there
 */
export async function readConfigFile(path: string, env: Environment): Promise<readonly CredentialPlan[]> {
  const yaml = readYaml(path, await readText(path, `the configuration file ${path}`))
  const { credentials } = checked(yaml, fileSchema, ofOtherCloud)
  const problems = credentials.flatMap((entry, i) =>
    entryProblems(entry, env).map(({ path: inner, why }) => ({ path: ['credentials', i, ...inner], why })),
  )
  refuse(yaml, [...problems, ...repeatedNames(credentials)])
  return credentials.map((entry) => entryPlan(entry, { env, directory: dirname(path), origin: path }))
}

/** Only credentials have a `to`. */
function ofOtherCloud(name: string, holder: { readonly to?: unknown }): string | undefined {
  const other = holder.to === 'aws' ? 'google' : 'aws'
  return holder.to && memberNames[other].includes(name)
    ? `belongs to credentials with \`to: ${other}\`, and this one is not`
    : undefined
}

function repeatedNames(credentials: FileDocument['credentials']): Problem[] {
  const names = credentials.map(({ name, to }) => name ?? to)
  return names.flatMap((name, i) => {
    const first = names.indexOf(name)
    if (first === i) return []
    const why = `credentials[${first}] is called ${name} already: give this one another name`
    return [{ path: ['credentials', i, 'name'], why }]
  })
}
