import { MayflyError } from '../errors.ts'
import { otherAwsIdentities, otherContainerCredentials, regionFor, regionRows } from './aws-environment.ts'
import {
  credentialProfilesRow,
  hideSharedCredentials,
  loadConfigRow,
  readConfig,
  rewriteDefault,
} from './aws-profile.ts'
import { liveAws } from './carried.ts'
import type { Change, Delivery } from './delivery.ts'
import { writePrivate } from './private-file.ts'

export interface ProcessAddress {
  /** The config file whose default profile has the command. */
  readonly configFile: string
  readonly region?: string
}

/** The environment of a program that receives AWS credentials from a command it runs. */
export function processEnvironment({ configFile, region }: ProcessAddress): Change[] {
  return [
    {
      variable: 'AWS_CONFIG_FILE',
      action: 'set',
      value: configFile,
      reason:
        'The default profile of this file has the credential_process; everything else in it is as in the user’s own file, without keys.',
    },
    loadConfigRow,
    credentialProfilesRow(configFile),
    ...otherAwsIdentities,
    ...otherContainerCredentials,
    {
      variable: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      action: 'unset',
      reason: 'Go v2 and programs with a chain of their own may ask it before the default profile.',
    },
    ...regionRows(region),
  ]
}

/**
 * The value of `credential_process`, read alike by every client: botocore splits it as a POSIX shell would and starts
 * no shell, the others hand it to `sh -c`, and JavaScript cuts the line at a `#` or `;` after a blank.
 * @throws CONFIG_FIELD when a word has a control character, which no config file can hold
 */
export function commandLine(words: readonly string[]): string {
  return words.map(quoted).join(' ')
}

function quoted(word: string): string {
  if (/\p{Cc}/u.test(word))
    throw new MayflyError('CONFIG_FIELD', {
      message: 'a control character in a name or path cannot be written into credential_process',
    })
  if (/^[A-Za-z0-9_./:@%+=,-]+$/.test(word)) return word
  const escaped = word.replaceAll("'", `'\\''`).replace(/\s(?=[#;])/g, "$&''")
  return `'${escaped}'`
}

export const credentialProcess: Delivery = {
  name: 'credential-process',
  carries: ['aws'],
  async deliver({ lease, plan, directory, command, world }) {
    const { region: exchanged } = await liveAws(lease, world.clock)
    const line = commandLine([...command, 'get', plan.name, '--format', 'process'])
    const { text: before, active } = await readConfig(world.env)
    const text = rewriteDefault(before, { active, settings: { credential_process: line } })
    const configFile = await writePrivate(directory, 'aws-config', text)
    const hidden = await hideSharedCredentials({ env: world.env, directory, log: world.log })
    const region = regionFor(plan.region, world.env, exchanged)
    const changes = processEnvironment({ configFile, ...(region !== undefined && { region }) })
    return { changes: [...changes, ...hidden], close: async () => {} }
  },
}
