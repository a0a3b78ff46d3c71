/** The host of AWS STS in a region; without one the global endpoint, which is in us-east-1. */
export function stsHost(region: string | undefined): string {
  if (!region) return 'sts.amazonaws.com'
  return `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
