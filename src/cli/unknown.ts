import { MayflyError } from '../errors.ts'
import { nearest } from '../wire/nearest.ts'

/** Announced in the design and not there yet. */
const notBuilt = ['agent', 'doctor', 'init', 'kubernetes']

/** What to say of a word that is no command. */
export function unknownCommand(name: string, known: readonly string[]): MayflyError {
  if (notBuilt.includes(name))
    return new MayflyError('COMMAND_USAGE', {
      message: `\`mayfly ${name}\` is planned and not built yet`,
      hint: `There are: ${known.join(', ')}.`,
    })
  const meant = nearest(name, known)
  return new MayflyError('COMMAND_USAGE', {
    message: `there is no command "${name}"${meant ? `; did you mean "${meant}"?` : ''}`,
  })
}
