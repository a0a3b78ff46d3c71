import { BlockList, isIP, isIPv4 } from 'node:net'

// IANA's special-purpose registries (RFC 6890 and later): none of these is a host on the public Internet.
const reserved = new BlockList()
for (const range of [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; some clouds' metadata too
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local: metadata services
  '172.16.0.0/12', // private
  '192.0.0.0/24', // IETF protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
])
  reserved.addSubnet(...subnet(range), 'ipv4')
for (const range of [
  '2001::/23', // IETF protocol assignments, Teredo among them
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which wraps any IPv4 address
  '3fff::/20', // documentation
])
  reserved.addSubnet(...subnet(range), 'ipv6')

// All of IPv6 that is given out to hosts. Outside of it: loopback, v4-mapped, NAT64, unique local, link-local, multicast.
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

function subnet(range: string): [string, number] {
  const [network = '', prefix = ''] = range.split('/')
  return [network, Number(prefix)]
}

/** Whether an IP address, v4 or v6, is that of a host on the public Internet. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !reserved.check(address, 'ipv4')
  if (isIP(address) !== 6 || address.includes('%')) return false
  return globalUnicast.check(address, 'ipv6') && !reserved.check(address, 'ipv6')
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether a host (`127.0.0.1`, `[::1]`, `localhost`, `*.localhost`; no port) is this machine by its name alone. */
export function isLoopbackHost(host: string): boolean {
  const bare = bareHost(host)
  const version = isIP(bare)
  if (version !== 0) return loopback.check(bare, version === 4 ? 'ipv4' : 'ipv6')
  return isLocalhostName(bare)
}

/** `localhost` and what is under it, which never leaves the machine (RFC 6761 §6.3). */
export function isLocalhostName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}

// EC2, ECS and EKS Pod Identity serve their credentials here, over plain HTTP.
const metadataAddresses = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
])

/** Whether a host is one of the link-local addresses where clouds serve metadata and credentials. */
export function isMetadataHost(host: string): boolean {
  return metadataAddresses.has(bareHost(host))
}

/** Lower case, without brackets and without the root's dot. */
export function bareHost(host: string): string {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  return (bare.endsWith('.') ? bare.slice(0, -1) : bare).toLowerCase()
}
