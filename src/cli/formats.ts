import type { Revealed } from '../deliveries/revealed.ts'
import { MayflyError } from '../errors.ts'

type Format = (credential: Revealed) => string

/** What `mayfly get --format` can print, by name. Each ends in one newline. */
export const formats = {
  json: (credential) => `${JSON.stringify(credential, null, 2)}\n`,
  env: (credential) =>
    Object.entries(variables(credential))
      .map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`)
      .join(''),
  process: (credential) => {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = aws(credential, 'process')
    return `${JSON.stringify({
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: expiration,
    })}\n`
  },
  token: (credential) => `${bearer(credential, 'token')}\n`,
  header: (credential) => `Authorization: Bearer ${bearer(credential, 'header')}\n`,
  profile: (credential) => {
    const { accessKeyId, secretAccessKey, sessionToken, region } = aws(credential, 'profile')
    return [
      '[default]',
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
      ...(sessionToken ? [`aws_session_token = ${sessionToken}`] : []),
      ...(region ? [`region = ${region}`] : []),
      '',
    ].join('\n')
  },
} as const satisfies Record<string, Format>

export type FormatName = keyof typeof formats

function variables(credential: Revealed): Record<string, string> {
  if (credential.kind === 'id-token')
    throw misfit('no client reads an ID token from a variable', 'token, header, json')
  if (credential.kind === 'access-token')
    return { CLOUDSDK_AUTH_ACCESS_TOKEN: credential.token, GOOGLE_OAUTH_ACCESS_TOKEN: credential.token }
  const { accessKeyId, secretAccessKey, sessionToken, expiration, region } = credential
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
    AWS_CREDENTIAL_EXPIRATION: expiration,
    ...(region !== undefined && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
  }
}

/** A word that a POSIX shell takes literally. */
export function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`
}

function aws(credential: Revealed, format: string): Revealed & { readonly kind: 'aws' } {
  if (credential.kind === 'aws') return credential
  throw misfit(
    `the format "${format}" is for AWS credentials, and this is an ${credential.kind}`,
    'token, header, json',
  )
}

function bearer(credential: Revealed, format: string): string {
  if (credential.kind !== 'aws') return credential.token
  throw misfit(
    `AWS credentials are three values that sign requests, and no ${format}`,
    'json, env, process, profile',
  )
}

function misfit(message: string, others: string): MayflyError {
  return new MayflyError('COMMAND_USAGE', { message, hint: `Choose one of the formats ${others}.` })
}
