import { notFound } from '../../admin/google-errors.ts'
import type { Members } from '../../admin/google-method.ts'
import type { Sealing } from '../../keys/keys.ts'

// Every change is done when its answer leaves. A client polls its operation all the same, at any node: its ID is sealed
// and says of which resource it was, so that nobody has to remember it.

const purpose = 'google-iam-operation'

/** What a change answers with. */
export function operationOf(type: string, resource: Members, sealing: Sealing): Members {
  const name = String(resource.name)
  const id = sealing.seal(purpose, name)
  return finished(`${name}/operations/${id}`, type, resource)
}

/** The same when it is asked for again, with the resource as it is by then. @throws REGISTRY_ABSENT for an ID that was never given */
export function operationNamed(id: string, type: string, resource: Members, sealing: Sealing): Members {
  const name = String(resource.name)
  if (sealing.unseal(purpose, id) !== name) throw notFound()
  return finished(`${name}/operations/${id}`, type, resource)
}

function finished(name: string, type: string, resource: Members): Members {
  return { name, done: true, response: { '@type': `type.googleapis.com/google.iam.v1.${type}`, ...resource } }
}
