import { spawnSync } from 'node:child_process'

/** The tools that the clients here are, whoever installed them. */
export const tools = ['aws', 'gcloud', 'bq', 'gsutil', 'curl'] as const
export type Tool = (typeof tools)[number]

let known: ReadonlyMap<Tool, string> | undefined

/** The versions of those that are on PATH. Looked for once: gcloud alone takes a second to say. */
export function installedTools(): ReadonlyMap<Tool, string> {
  known ??= look()
  return known
}

function look(): ReadonlyMap<Tool, string> {
  // gcloud tells the versions of all that came with it.
  const sdk = said('gcloud')
  const found: Readonly<Record<Tool, string | undefined>> = {
    aws: /aws-cli\/(\S+)/.exec(said('aws'))?.[1],
    gcloud: /Google Cloud SDK (\S+)/.exec(sdk)?.[1],
    bq: /^bq (\S+)/m.exec(sdk)?.[1],
    gsutil: /^gsutil (\S+)/m.exec(sdk)?.[1],
    curl: /^curl (\S+)/.exec(said('curl'))?.[1],
  }
  return new Map(tools.flatMap((tool) => (found[tool] === undefined ? [] : [[tool, found[tool]]])))
}

function said(tool: string): string {
  return spawnSync(tool, ['--version'], { encoding: 'utf8' }).stdout ?? ''
}
