import { MayflyError } from '../errors.ts'
import type { UserDocument } from '../registry/documents.ts'
import { readTrustFile } from '../registry/trust-file.ts'
import { usage } from './flags.ts'

export interface RegisteredUser {
  readonly account: string
  readonly user: UserDocument
}

/**
 * The user of that name in a trust file.
 * @throws COMMAND_USAGE when there is no name, or accounts have several, REGISTRY_DOCUMENT when there is no such user
 */
export async function registeredUser(
  config: string,
  name: string | undefined,
  account: string | undefined,
): Promise<RegisteredUser> {
  if (name === undefined) throw usage('issue', 'for whom? The name of a user is missing')
  const accounts = (await readTrustFile(config)).aws.filter((each) => !account || each.account === account)
  const users = accounts.flatMap((each) =>
    (each.users ?? []).map((user) => ({ account: each.account, user })),
  )
  const [only, ...more] = users.filter(({ user }) => user.name === name)
  if (only && more.length === 0) return only
  if (only) throw usage('issue', `several accounts have a user ${name}`, 'Choose one with --account.')
  const others = users.map(({ user }) => user.name).join(', ')
  throw new MayflyError('REGISTRY_DOCUMENT', {
    message: `${config} has no user ${name}; it has ${others || 'none at all'}`,
    hint: 'Register it under `users:` of an account, with `name:` and `accessKeys:`.',
  })
}
