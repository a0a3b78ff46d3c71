import { readFileSync } from 'node:fs'
import { MayflyError } from '../errors.ts'

/** What a file says that the command line names; `-` is standard input. @throws CONFIG_FILE */
export function textOfFile(file: string, name = file): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    const message = code === 'ENOENT' ? `there is no file ${name}` : `${name} cannot be read (${code})`
    throw new MayflyError('CONFIG_FILE', { message, cause })
  }
}
