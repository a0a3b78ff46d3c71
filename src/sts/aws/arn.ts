/** The account in an ARN: `arn:aws:iam::123456789012:role/deploy`. Empty where there is none. */
export function accountOfArn(arn: string): string {
  const at = arn.indexOf('::') + 2
  return at < 2 ? '' : arn.slice(at, arn.indexOf(':', at))
}

export function policyArn(account: string, { path, name }: { readonly path: string; readonly name: string }) {
  return `arn:aws:iam::${account}:policy${path}${name}`
}
