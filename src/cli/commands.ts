import type { Command } from './command.ts'

/** Every command, loaded when it is called: what a command does not need it does not wait for. */
export const commands = {
  run: async () => (await import('./run.ts')).run,
  get: async () => (await import('./get.ts')).get,
  sts: async () => (await import('./sts.ts')).sts,
  explain: async () => (await import('./explain.ts')).explain,
  who: async () => (await import('./who.ts')).who,
  trust: async () => (await import('./trust.ts')).trust,
  test: async () => (await import('./test.ts')).test,
  lint: async () => (await import('./lint.ts')).lint,
  issue: async () => (await import('./issue.ts')).issue,
  lab: async () => (await import('./lab.ts')).lab,
  demo: async () => (await import('./demo.ts')).demo,
  help: async (): Promise<Command> => (await import('./help.ts')).help(commands),
  version: async () => (await import('./version.ts')).version,
} as const satisfies Record<string, () => Promise<Command>>

export type CommandName = keyof typeof commands
