import type { StsRequest } from './ask.ts'

/** The first header of that name (in lower case). */
export function headerOf(request: Pick<StsRequest, 'headers'>, name: string): string | undefined {
  for (const [each, value] of request.headers)
    if (each.length === name.length && each.toLowerCase() === name) return value
  return undefined
}
