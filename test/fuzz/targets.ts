import { awsCallTargets } from './aws-call-targets.ts'
import { frontEndTargets } from './front-end-targets.ts'
import { googleCallTargets } from './google-call-targets.ts'
import { graphCallTargets } from './graph-call-targets.ts'
import { oauthCallTargets } from './oauth-call-targets.ts'
import { registryTargets } from './registry-targets.ts'
import type { Target } from './target.ts'
import { trustTargets } from './trust-targets.ts'
import { wireTargets } from './wire-targets.ts'

/** Every parser that reads what a stranger, or a careless administrator, has written. */
export const targets: readonly Target[] = [
  ...wireTargets,
  ...trustTargets,
  ...registryTargets,
  ...frontEndTargets,
  ...awsCallTargets,
  ...googleCallTargets,
  ...graphCallTargets,
  ...oauthCallTargets,
]
