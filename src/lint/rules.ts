import { anyAccount, confusedDeputy } from './aws-deputy.ts'
import {
  anyRef,
  movingWorkflow,
  pullRequest,
  reusableName,
  unprotectedRef,
  varyingSubject,
} from './aws-jobs.ts'
import { keyNotOffered, missingAudience, otherIssuersKey, sharedAudience } from './aws-keys.ts'
import {
  forAllValues,
  ifExists,
  literalWildcard,
  negatedOperator,
  nullTrue,
  optionalSubject,
} from './aws-operators.ts'
import { anyCaller, anyPrincipal, missingSubject, openOwner, openProject } from './aws-tenant.ts'
import * as entra from './entra.ts'
import { openRole } from './google-aws.ts'
import * as bindings from './google-bindings.ts'
import { sharedAudience as providerAudience, providerConditions } from './google-providers.ts'
import { ambiguousMapping, sharedSubjects } from './google-spaces.ts'
import * as jobs from './oauth-conditions.ts'
import * as exchanges from './oauth-exchanges.ts'
import * as servers from './oauth-servers.ts'
import type { Rule } from './rule.ts'

/** Every rule, cloud by cloud, the worst first. */
export const rules: readonly Rule[] = [
  missingSubject,
  anyPrincipal,
  anyAccount,
  openOwner,
  anyCaller,
  pullRequest,
  forAllValues,
  ifExists,
  negatedOperator,
  nullTrue,
  openProject,
  anyRef,
  missingAudience,
  sharedAudience,
  optionalSubject,
  literalWildcard,
  varyingSubject,
  keyNotOffered,
  otherIssuersKey,
  confusedDeputy,
  reusableName,
  unprotectedRef,
  movingWorkflow,
  bindings.everyone,
  ...providerConditions,
  bindings.wholePool,
  bindings.everyAccount,
  bindings.strongRole,
  bindings.pullRequest,
  sharedSubjects,
  ambiguousMapping,
  openRole,
  bindings.anyProject,
  bindings.anyRef,
  bindings.literalWildcard,
  providerAudience,
  entra.anyOwner,
  entra.pullRequest,
  entra.anyProject,
  entra.anyRef,
  entra.literalWildcard,
  entra.varyingSubject,
  entra.sharedAudience,
  entra.nameNotId,
  entra.movingWorkflow,
  ...jobs.ruleConditions,
  jobs.pullRequest,
  exchanges.anyAudience,
  exchanges.anyClient,
  exchanges.anyActor,
  jobs.anyProject,
  jobs.anyRef,
  exchanges.everyResource,
  servers.sharedAudience,
  servers.longLifetime,
  servers.literalClient,
  servers.openIntrospection,
]
