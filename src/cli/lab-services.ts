import { bareHost, isLoopbackHost } from '../wire/addresses.ts'
import { usage } from './flags.ts'
import { namedValue } from './named-value.ts'

/** What every `--service HOST=URL` says. @throws COMMAND_USAGE */
export function labServices(flags: readonly string[]): readonly (readonly [string, string])[] {
  const services = flags.map(serviceOf)
  const hosts = services.map(([host]) => bareHost(host))
  const twice = hosts.find((each, i) => hosts.indexOf(each) < i)
  if (twice !== undefined) throw usage('lab', `--service ${twice}= stands there twice`)
  return services
}

function serviceOf(text: string): [string, string] {
  const [host, url] = namedValue('lab', '--service', text)
  if (!/^[\w.-]*\*?[\w.-]*$/.test(host))
    throw usage('lab', `--service "${text}": ${host} is not a host name, in which one * stands for a label`)
  if (isPlainLoopback(URL.parse(url))) return [host, url]
  throw usage(
    'lab',
    `--service "${text}" is not HOST=http://127.0.0.1:PORT, with a path or none`,
    'A service is in the box, since nothing else can be reached from there: start it by the COMMAND.',
  )
}

/** Whether there is nothing in it that a request could not be given. */
function isPlainLoopback(url: URL | null): boolean {
  if (url?.protocol !== 'http:' || !isLoopbackHost(url.hostname)) return false
  return !url.search && !url.hash && !url.username && !url.password
}
