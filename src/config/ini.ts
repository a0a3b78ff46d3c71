/** Sections by name, each with its settings. A setting nested under another is `outer.inner`. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Reads the format of ~/.aws/config and ~/.aws/credentials. Lines that are neither a section nor a setting are passed over, as the SDKs do.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function readIni(text: string): Ini {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  let outer = ''
  for (const line of text.split(/\r?\n/)) {
    const content = withoutComment(line)
    if (!content) continue
    const heading = /^\[([^\]]*)\]$/.exec(content)?.[1]
    if (heading !== undefined) {
      const name = sectionName(heading)
      section = sections.get(name) ?? new Map()
      sections.set(name, section)
      continue
    }
    const equals = content.indexOf('=')
    if (!section || equals < 1) continue
    const key = content.slice(0, equals).trim().toLowerCase()
    const nested = /^\s/.test(line) && outer
    if (!nested) outer = key
    section.set(nested ? `${outer}.${key}` : key, content.slice(equals + 1).trim())
  }
  return sections
}

/** `profile deploy` and `profile "deploy"` are the same. */
const sectionName = (heading: string) =>
  heading.trim().split(/\s+/).join(' ').replaceAll('"', '').replaceAll("'", '')

/** A line may be a comment, and a comment may follow a value after white space. */
function withoutComment(line: string): string {
  const trimmed = line.trim()
  if (trimmed.startsWith('#') || trimmed.startsWith(';')) return ''
  const at = [' #', ' ;', '\t#', '\t;'].map((mark) => trimmed.indexOf(mark)).filter((index) => index >= 0)
  return at.length ? trimmed.slice(0, Math.min(...at)).trim() : trimmed
}
