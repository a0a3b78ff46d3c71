import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Holds the jars that Maven put into a folder against a list of checksums, as `sha256sum` writes it: poms name the
 * libraries, the list has what each drew in on the day that it was chosen.
 * @throws Error that says what is new, missing or changed, and where the list of what there is was written
 */
export async function checkJars(folder: string, list: string): Promise<void> {
  const kept = await readFile(list, 'utf8')
  const found = await checksums(folder)
  if (found === kept) return
  const file = join(folder, 'jars.sha256')
  await writeFile(file, found)
  const what = difference(kept, found)
  throw new Error(`the jars are not those of ${list}:\n${what}\nIf that is meant, take ${file} in its place.`)
}

async function checksums(folder: string): Promise<string> {
  const paths = globSync('*/libraries/*.jar', { cwd: folder }).sort()
  const lines = paths.map(async (path) => `${await sha256(join(folder, path))}  ${path}\n`)
  return (await Promise.all(lines)).join('')
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

function difference(kept: string, found: string): string {
  const [before, after] = [kept.split('\n'), found.split('\n')]
  const gone = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`)
  const added = after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`)
  return [...gone, ...added].join('\n')
}
