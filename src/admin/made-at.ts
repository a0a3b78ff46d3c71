/** When something was registered, in epoch milliseconds. A trust file does not say: its documents are of 1970. */
export function madeAt(created: string | undefined): number {
  return created === undefined ? 0 : Date.parse(created)
}
