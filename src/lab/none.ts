import type { Platform } from './platform.ts'

export const none: Platform = {
  name: 'none',
  summary: 'no platform: the clouds are there, and the workload has no identity',
  takes: [],
  open: async () => ({ env: {} }),
}
