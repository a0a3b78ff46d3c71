/** Whether these are the keys of a JWK set without any private or shared half (RFC 7518 §6). */
export function isPublicKeySet(keys: unknown): boolean {
  return Array.isArray(keys) && keys.length > 0 && keys.every(isPublic)
}

const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

function isPublic(key: object): boolean {
  return !secretMembers.some((name) => name in key)
}
