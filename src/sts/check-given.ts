import { MayflyError } from '../errors.ts'
import type { GivenTrust, Place } from '../registry/given.ts'
import { below } from '../registry/places.ts'
import { compilePolicy } from '../trust/aws-policy.ts'
import { compileCredential } from '../trust/entra.ts'
import { compileBindings } from '../trust/google-bindings.ts'
import { compileProvider } from '../trust/google-provider.ts'
import { compileTokenRule } from '../trust/token-rules.ts'
import { pathOf } from '../wire/placed-document.ts'

/**
 * Compiles all that was given, so that a mistake is told with its file and line.
 * @throws REGISTRY_DOCUMENT
 */
export function checkGiven({
  roles,
  poolProviders,
  serviceAccounts,
  projectBindings,
  credentials,
  authorizationServers,
}: GivenTrust): void {
  for (const { document, place } of roles)
    at(place, () => compilePolicy(document.assumeRolePolicyDocument, 'trust'))
  for (const { document, place } of poolProviders) at(place, () => compileProvider(document))
  for (const { document, place } of serviceAccounts) at(place, () => compileBindings(document.bindings))
  for (const { bindings, place } of projectBindings) at(place, () => compileBindings(bindings))
  for (const { document, place } of credentials) at(place, () => compileCredential(document))
  for (const { document, place } of authorizationServers)
    for (const [i, rule] of document.rules.entries())
      at(below(place, ['rules', i]), () => compileTokenRule(rule))
}

function at(place: Place, compile: () => unknown): void {
  try {
    compile()
  } catch (cause) {
    if (!(cause instanceof MayflyError)) throw cause
    const path = String(cause.values.path ?? '')
    const line = place.line(pathOf(path))
    throw new MayflyError('REGISTRY_DOCUMENT', {
      message: `${place.file} line ${line}: ${cause.message}`,
      values: { file: place.file, line, path },
      hint: cause.hint,
      cause,
    })
  }
}
