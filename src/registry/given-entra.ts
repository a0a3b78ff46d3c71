import * as v from 'valibot'
import { schemaProblems } from '../wire/schema-problems.ts'
import { type GivenTrust, nothingGiven, type Place } from './given.ts'
import type { Members } from './places.ts'
import { documentError } from './problems.ts'

const expression = v.object({ value: v.string(), languageVersion: v.optional(v.number(), 1) })

/** What Graph prints besides has no bearing on trust; an expression may be null, or spelled out. */
const credential = v.object({
  name: v.optional(v.string(), 'federated-credential'),
  issuer: v.string(),
  subject: v.nullish(v.string()),
  audiences: v.array(v.string()),
  claimsMatchingExpression: v.nullish(expression),
})

/** A federated identity credential as Graph or the Azure CLI prints it. @throws REGISTRY_DOCUMENT */
export function federatedCredential(document: Members, place: Place, file: string): GivenTrust {
  const parsed = v.safeParse(credential, document)
  if (!parsed.success)
    throw documentError(
      file,
      schemaProblems(parsed.issues).map((each) => ({ ...each, line: place.line(each.path) })),
    )
  return givenCredential(parsed.output, place, applicationIn(document))
}

export function givenCredential(
  { subject, claimsMatchingExpression, ...rest }: v.InferOutput<typeof credential>,
  place: Place,
  application?: string,
): GivenTrust {
  const document = {
    ...rest,
    ...(typeof subject === 'string' && { subject }),
    ...(claimsMatchingExpression && { claimsMatchingExpression }),
  }
  return { ...nothingGiven, credentials: [{ ...(application && { application }), document, place }] }
}

// The Azure CLI prints whose it is in the resource's ID; Graph, in the context of a list.
function applicationIn(document: Members): string | undefined {
  const text = `${document.id ?? ''} ${document['@odata.context'] ?? ''}`
  return /(?:userAssignedIdentities\/|applications\('?)([^/')]+)/.exec(text)?.[1]
}
