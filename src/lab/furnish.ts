import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { MayflyError } from '../errors.ts'
import { covering, quoted } from './covering.ts'
import { type Furniture, labFolder } from './furniture.ts'
import type { MetadataAddress } from './platform.ts'
import { metadataAddresses } from './platform.ts'

/** What an address does at which nothing of the platform answers. */
export type Absent = 'refuse' | 'drop'

/** Writes the files, and lays those over the machine's own that take their place. @throws LAB_SETUP */
export function placeFiles(files: readonly Furniture[]): void {
  for (const { path, content } of files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  const commands = files.flatMap(({ path, over }) =>
    over.filter((each) => existsSync(each)).map((each) => `mount -n --bind ${quoted(path)} ${quoted(each)}`),
  )
  shell(commands)
}

/** Hides these names in these folders, and keeps what is added to the folders in memory. @throws LAB_SETUP */
export function cover(folders: readonly (readonly [string, readonly string[]])[]): void {
  shell(folders.map(([path, leftOut]) => covering(path, leftOut)))
}

/**
 * Gives loopback the addresses that answer. Of the others, one that is refused is there with nobody who listens; one
 * that is dropped is routed to loopback without being there, and the kernel sends what comes for it nowhere.
 * @throws LAB_SETUP
 */
export function placeAddresses(present: ReadonlySet<MetadataAddress>, absent: Absent): void {
  // An earlier lab in the same box may have left it otherwise.
  const before = metadataAddresses.map(
    (each) => `{ ip address del ${each}/32 dev lo || ip route del ${each}/32 || :; } 2>/dev/null`,
  )
  const after = metadataAddresses.map((each) => {
    const there = present.has(each) || absent === 'refuse'
    return `ip ${there ? 'address' : 'route'} add ${each}/32 dev lo`
  })
  shell([...before, ...after])
}

/** What leads every look-up of a name to our own name server, and no farther. */
export function nameFiles(): readonly Furniture[] {
  const hosts = `127.0.0.1 localhost ${hostname()}\n::1 localhost\n`
  return [
    // A resolver that finds no such file asks 127.0.0.1 anyway.
    { path: `${labFolder}/resolv.conf`, content: 'nameserver 127.0.0.1\n', over: ['/etc/resolv.conf'] },
    { path: `${labFolder}/hosts`, content: hosts, over: ['/etc/hosts'] },
    { path: `${labFolder}/nsswitch.conf`, content: nameService(), over: ['/etc/nsswitch.conf'] },
  ]
}

/** The machine's own, but for host names: systemd-resolved would answer those from outside of the box. */
function nameService(): string {
  const path = '/etc/nsswitch.conf'
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []
  return [...lines.filter((each) => !each.startsWith('hosts:')), 'hosts: files dns', ''].join('\n')
}

function shell(commands: readonly string[]): void {
  try {
    const script = ['set -e', 'PATH=$PATH:/usr/sbin:/sbin', ...commands].join('\n')
    execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (cause) {
    const { stderr, message } = cause as { stderr?: string; message: string }
    throw new MayflyError('LAB_SETUP', {
      message: `the box could not be furnished: ${stderr || message}`,
      cause,
    })
  }
}
