// Makes a checkout ready to run: a Node >= 24 and the locked dependencies. Plain JavaScript that Node 20
// understands, since it runs before either is there. Does nothing, quickly, when all is in place.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pinned = join(root, 'scripts', 'pinned-node')
const state = join(root, '.setup')
const oldestNode = 24

/** @param there what has to be there afterwards: npm is content without a package that it may leave out */
function npm(what, directory, there) {
  process.stderr.write(`mayfly: installing ${what} (once per clone) …\n`)
  const began = Date.now()
  // `npm ci` refuses a lock file that lacks an optional package for some other platform, which is what npm
  // writes where a registry does not carry it. `install --no-save` takes the locked versions all the same.
  const args = [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...patience,
  ]
  const run = spawnSync('npm', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  if (run.status === 0 && existsSync(there)) {
    process.stderr.write(`mayfly: installed ${what} in ${seconds} s\n`)
    return
  }
  process.stderr.write(`${run.error?.message ?? run.stderr.split('\n').slice(0, 6).join('\n')}\n`)
  process.stderr.write(`error: npm could not install ${what} in ${directory} (tried for ${seconds} s)\n`)
  process.stderr.write(
    'hint: the npm registry has to be reachable (try `npm ping`) and the folder writable; then run the same again\n',
  )
  process.exit(1)
}

// npm's own patience is over a minute for each package when there is no network.
const patience = [
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=500',
  '--fetch-retry-maxtimeout=1000',
  '--fetch-timeout=60000',
]

/** The path of a Node that is new enough: this one, or the pinned one that npm supplies. */
function node() {
  if (Number.parseInt(process.versions.node, 10) >= oldestNode) return process.execPath
  const path = join(pinned, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (!existsSync(path)) {
    if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) noPinned()
    npm(`Node ${oldestNode} beside this ${process.versions.node}`, pinned, path)
  }
  return path
}

function noPinned() {
  process.stderr.write(
    `error: this is Node ${process.versions.node}, and npm supplies no Node ${oldestNode} for ${process.platform}-${process.arch}\n`,
  )
  process.stderr.write(`hint: install Node ${oldestNode} or newer and run the same command again\n`)
  process.exit(1)
}

function recorded(name) {
  const file = join(state, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function record(name, value) {
  if (recorded(name) === value) return
  mkdirSync(state, { recursive: true })
  writeFileSync(join(state, name), value)
}

record('node', node())
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
if (recorded('lock') !== lock || !existsSync(join(root, 'node_modules')))
  npm('the locked dependencies', root, join(root, 'node_modules', 'typescript'))
record('lock', lock)
