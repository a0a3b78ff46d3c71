import { resolve } from 'node:path'
import type { AwsStep, CredentialPlan, SourceChoice } from '../plan.ts'
import type { Environment } from '../world.ts'
import { type AwsSettings, type RoleSettings, readProfile } from './aws-profile.ts'
import { stsEndpoint } from './endpoint.ts'
import type { Finding } from './finding.ts'
import { roleArnAt, roleSessionName } from './forms.ts'
import { checkSetting } from './mistakes.ts'
import { sessionName } from './session-name.ts'

/**
 * The plan of what the AWS SDKs' own settings say: AWS_ROLE_ARN first, else the profile.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
 * @throws CONFIG_FILE, CONFIG_FIELD
 */
export async function readAwsSettings(env: Environment, cwd: string): Promise<Finding> {
  const inVariables = fromVariables(env, cwd)
  const found = 'settings' in inVariables ? inVariables : await readProfile(env, cwd)
  if ('settings' in found) return { plan: planOf(found.settings, env) }
  return { absent: [...('absent' in inVariables ? inVariables.absent : []), ...found.absent] }
}

/** With a token file, that file and nothing else; without, whatever proof the platform gives. */
function fromVariables(
  env: Environment,
  cwd: string,
): { settings: AwsSettings } | Extract<Finding, { absent: unknown }> {
  const { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_SESSION_NAME: name } = env
  if (!role)
    return {
      absent: [
        { what: 'AWS_ROLE_ARN', why: `is not set${file ? ', though AWS_WEB_IDENTITY_TOKEN_FILE is' : ''}` },
      ],
    }
  const from: SourceChoice = file ? { name: 'token-file', file: resolve(cwd, file) } : {}
  return {
    settings: {
      origin: `AWS_ROLE_ARN=${role}`,
      from,
      steps: [{ place: 'AWS_ROLE_ARN', role, sessionName: name }],
    },
  }
}

function planOf({ origin, from, steps, ...rest }: AwsSettings, env: Environment): CredentialPlan {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || rest.region
  const endpoint = stsEndpoint(env, rest.endpoint)
  const [first, ...others] = steps.map((step) => stepOf(step, env, { region, endpoint }))
  return {
    name: 'aws',
    from,
    steps: [first!, ...others],
    deliveries: ['ecs'],
    ...(region && { region }),
    origin,
  }
}

interface Shared {
  readonly region: string | undefined
  readonly endpoint: string | undefined
}

function stepOf(settings: RoleSettings, env: Environment, { region, endpoint }: Shared): AwsStep {
  const { place, role, sessionName: given, durationSeconds, externalId } = settings
  checkSetting(place, role, roleArnAt(endpoint))
  if (given) checkSetting(`the session name for ${role}`, given, roleSessionName)
  return {
    to: 'aws',
    role,
    sessionName: given || sessionName(env),
    ...(region && { region }),
    ...(durationSeconds && { durationSeconds }),
    ...(externalId && { externalId }),
    ...(endpoint && { endpoint }),
  }
}
