import { appendFileSync, writeFileSync } from 'node:fs'
import { MayflyError } from '../errors.ts'
import type { Traced } from '../lab/servers.ts'
import type { Io } from './command.ts'

/**
 * What writes one line of JSON for every request, to a file or (`-`) to standard error, without what it proves itself by.
 * @throws CONFIG_FILE when the file cannot be written
 */
export function traceTo(path: string, io: Pick<Io, 'err'>): (traced: Traced) => void {
  if (path !== '-') made(path)
  return (traced) => {
    const line = `${JSON.stringify(withoutSecrets(traced))}\n`
    if (path === '-') io.err(line)
    else appendFileSync(path, line)
  }
}

function made(path: string): void {
  try {
    writeFileSync(path, '', { mode: 0o600 })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new MayflyError('CONFIG_FILE', {
      message: `${path} cannot be written (${code})`,
      values: { file: path },
      cause,
    })
  }
}

const redacted = '[redacted]'
const secretHeaders = /^(authorization|cookie|x-amz-security-token|x-aws-ec2-metadata-token)$/i
const secretParameters = /([?&](?:X-Amz-Security-Token|X-Amz-Signature|access_token|id_token)=)[^&]*/gi

export function withoutSecrets({ atMs, target, headers, ...rest }: Traced) {
  return {
    time: new Date(atMs).toISOString(),
    ...rest,
    target: target.replace(secretParameters, `$1${redacted}`),
    headers: headers.map(([name, value]) => [name, secretHeaders.test(name) ? shown(value) : value]),
  }
}

/** Of a signature everything but itself: who signed what for which service is worth a look. */
function shown(value: string): string {
  return value.startsWith('AWS4-HMAC-SHA256 ')
    ? value.replace(/Signature=[0-9a-f]+/i, `Signature=${redacted}`)
    : redacted
}
