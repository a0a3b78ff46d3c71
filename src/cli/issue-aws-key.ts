import { resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import { defaultKeyFile } from '../keys/key-file.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import { secretsOfUserKey } from '../sts/aws/user-key.ts'
import { userKeyId } from '../wire/aws-ids.ts'
import { exitCodes, type Io } from './command.ts'
import { readFlags, usage } from './flags.ts'
import { type RegisteredUser, registeredUser } from './registered-user.ts'

/** Prints the permanent access keys of a user that the trust file registers, the secret with each. */
export async function issueAwsKey(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readFlags('issue', args, {
    account: { type: 'string' },
    config: { type: 'string', default: 'trust.yaml' },
    keys: { type: 'string' },
    format: { type: 'string', default: 'json' },
  })
  const config = resolve(io.cwd, values.config)
  const write = formatOf(values.format)
  const found = await registeredUser(config, positionals[0], values.account)
  if (found.user.accessKeys.length === 0) throw noKeyYet(found, config)
  const keyFile = values.keys === undefined ? defaultKeyFile(config) : resolve(io.cwd, values.keys)
  const { sealing } = keysFromFile(keyFile, [])
  for (const { id } of found.user.accessKeys)
    io.out(write(id, secretsOfUserKey(id, sealing)[0]!, found.user.name))
  return exitCodes.ok
}

type Write = (accessKeyId: string, secret: string, name: string) => string

/** As `aws iam create-access-key` prints it, as a profile of ~/.aws/credentials, and for a shell's `eval`. */
const formats: Readonly<Record<string, Write>> = {
  json: (AccessKeyId, SecretAccessKey, UserName) =>
    `${JSON.stringify({ AccessKey: { UserName, AccessKeyId, Status: 'Active', SecretAccessKey } }, null, 2)}\n`,
  profile: (id, secret, name) => `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
  // A token of a session that was there before would not fit the key.
  env: (id, secret) =>
    `unset AWS_SESSION_TOKEN AWS_PROFILE\nexport AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY='${secret}'\n`,
}

function formatOf(name: string): Write {
  const write = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (write) return write
  throw usage('issue', `there is no format "${name}"`, `There are: ${Object.keys(formats).join(', ')}.`)
}

function noKeyYet({ account, user }: RegisteredUser, config: string): MayflyError {
  return new MayflyError('REGISTRY_DOCUMENT', {
    message: `the user ${user.name} of ${account} has no access key`,
    hint: `Write one into ${config}, accessKeys: [{ id: ${userKeyId(account)} }], and run this again.`,
  })
}
