import { resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import { defaultKeyFile } from '../keys/key-file.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import { mfaCode, mfaSeeds } from '../sts/aws/mfa.ts'
import { base32 } from '../wire/aws-ids.ts'
import { wallClock } from '../world.ts'
import { exitCodes, type Io } from './command.ts'
import { readFlags } from './flags.ts'
import { type RegisteredUser, registeredUser } from './registered-user.ts'

/** Prints what an authenticator app takes to be the MFA device of a user, or the code that it would show now. */
export async function issueAwsMfa(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readFlags('issue', args, {
    account: { type: 'string' },
    config: { type: 'string', default: 'trust.yaml' },
    keys: { type: 'string' },
    code: { type: 'boolean', default: false },
  })
  const config = resolve(io.cwd, values.config)
  const found = await registeredUser(config, positionals[0], values.account)
  const keyFile = values.keys === undefined ? defaultKeyFile(config) : resolve(io.cwd, values.keys)
  const { sealing } = keysFromFile(keyFile, [])
  for (const serialNumber of devicesOf(found, config)) {
    const [seed] = mfaSeeds(serialNumber, sealing)
    io.out(`${values.code ? mfaCode(seed!, wallClock.now()) : appUri(found, seed!)}\n`)
  }
  return exitCodes.ok
}

function devicesOf({ account, user }: RegisteredUser, config: string): readonly string[] {
  const serialNumbers = user.mfaDevices?.map((each) => each.serialNumber) ?? []
  if (serialNumbers.length > 0) return serialNumbers
  throw new MayflyError('REGISTRY_DOCUMENT', {
    message: `the user ${user.name} of ${account} has no MFA device`,
    hint: `Write one into ${config}, mfaDevices: [{ serialNumber: "arn:aws:iam::${account}:mfa/${user.name}" }], and run this again.`,
  })
}

/** @see https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
function appUri({ account, user }: RegisteredUser, seed: Uint8Array): string {
  const label = encodeURIComponent(`Mayfly:${user.name}@${account}`)
  return `otpauth://totp/${label}?secret=${base32(seed)}&issuer=Mayfly`
}
