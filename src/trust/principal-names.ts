type Members = Readonly<Record<string, unknown>>

/** A user, a role, or by the ARN of a session its role. */
export interface NamedPrincipal {
  readonly account: string
  readonly type: 'user' | 'role'
  readonly name: string
  /** Absent: a session does not say the path of its role. */
  readonly path?: string
}

/** Whom an ARN of a trust policy names; undefined for accounts and for whoever has no unique ID. */
export function namedPrincipal(arn: string): NamedPrincipal | undefined {
  const [, account, type, path, name] =
    /^arn:aws:iam::(\d{12}):(user|role)(\/(?:.+\/)?)([^/]+)$/.exec(arn) ?? []
  if (account && name && path) return { account, type: type as NamedPrincipal['type'], name, path }
  const [, of, role] = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/.exec(arn) ?? []
  return of && role ? { account: of, type: 'role', name: role } : undefined
}

/** A trust policy with other names for its AWS principals; the document itself where all of them stay. */
export function withPrincipals<Document extends Members>(
  policy: Document,
  nameFor: (principal: string) => string,
): Document {
  let changed = false
  const renamed = (principal: string) => {
    const name = nameFor(principal)
    changed ||= name !== principal
    return name
  }
  const statement = (each: Members) => ({
    ...each,
    ...renamedIn(each, 'Principal', renamed),
    ...renamedIn(each, 'NotPrincipal', renamed),
  })
  const { Statement } = policy
  const statements = Array.isArray(Statement) ? Statement.map(statement) : statement(Statement as Members)
  return changed ? { ...policy, Statement: statements } : policy
}

function renamedIn(statement: Members, element: string, renamed: (principal: string) => string): Members {
  const principals = statement[element]
  if (typeof principals !== 'object' || principals === null || !('AWS' in principals)) return {}
  const AWS = Array.isArray(principals.AWS) ? principals.AWS.map(renamed) : renamed(String(principals.AWS))
  return { [element]: { ...principals, AWS } }
}
