import { usage } from './flags.ts'

/** The two parts of a flag's NAME=VALUE. @throws COMMAND_USAGE */
export function namedValue(command: string, flag: string, text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw usage(command, `${flag} "${text}" is not NAME=VALUE`)
  return [text.slice(0, at), text.slice(at + 1)]
}
