import { hash } from 'node:crypto'

/**
 * Where an AWS account's tokens for others come from: `https://UUID.tokens.sts.global.api.aws`. AWS makes the UUID up when
 * the account first asks; here it follows from the account, so that restarts and nodes agree.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOutboundWebIdentityFederationInfo.html
 */
export function outboundIssuer(account: string): string {
  const hex = hash('sha256', `outbound web identity federation of ${account}`)
  const parts = [8, 12, 16, 20, 32].map((end, i, ends) => hex.slice(ends[i - 1] ?? 0, end))
  return `https://${parts.join('-')}.tokens.sts.global.api.aws`
}
