const otherKinds = /^(?:serviceAccount|user|group|domain):[^\s:]+$/
const federated = /^(principal|principalSet):\/\/iam\.googleapis\.com\/(.+)$/
const pool = /^projects\/([^/]+)\/locations\/global\/workloadIdentityPools\/([^/]+)\/(.+)$/

/**
 * What is wrong with a member of a binding; undefined when nothing is.
 * @see https://cloud.google.com/iam/docs/principal-identifiers
 */
export function memberProblem(member: string): string | undefined {
  if (member === 'allUsers' || member === 'allAuthenticatedUsers' || otherKinds.test(member)) return undefined
  const [, kind, resource = ''] = federated.exec(member) ?? []
  if (!kind)
    return expected(member, 'principal://iam.googleapis.com/…, principalSet://… or serviceAccount:E-MAIL')
  const [, project = '', , what = ''] = pool.exec(resource) ?? []
  if (!what)
    return expected(
      member,
      `${kind}://iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/…`,
    )
  if (!/^\d+$/.test(project))
    return `expected the project's number, got ${JSON.stringify(project)} in ${member}`
  if (kind === 'principal')
    return what.startsWith('subject/') ? undefined : expected(member, 'principal://…/subject/SUBJECT')
  const isSet = what === '*' || /^group\/./.test(what) || /^attribute\.[a-z0-9_]+\/./.test(what)
  return isSet ? undefined : expected(member, 'principalSet://…/attribute.NAME/VALUE, …/group/NAME or …/*')
}

function expected(member: string, what: string): string {
  return `expected ${what}, got ${JSON.stringify(member)}`
}
