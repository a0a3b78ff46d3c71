import { MayflyError } from '../errors.ts'
import { authorizeForService } from '../sts/authorize.ts'
import type { Stage } from './platform.ts'

/**
 * The role that a workload of this platform has: the one that was named, or the only one that the platform's service
 * may assume.
 * @throws LAB_ROLE when there is none, or several
 * @throws TRUST_ROLE, TRUST_DENIED when the one that was named is not there, or not for this platform
 */
export function roleFor(stage: Stage, service: string): string {
  const { workload, sts } = stage
  if (workload.role === undefined)
    return onlyOne(rolesFor(stage, service), `a role that ${service} may assume`, stage)
  authorizeForService(askFor(workload.role, service), sts.registered(), sts.now())
  return workload.role
}

function askFor(roleArn: string, service: string) {
  return { roleArn, service, sessionName: 'mayfly-lab' }
}

/** Every role that a service may assume, by its ARN. */
export function rolesFor({ sts }: Stage, service: string): string[] {
  return allRoles(sts).filter((roleArn) => {
    try {
      authorizeForService(askFor(roleArn, service), sts.registered(), sts.now())
      return true
    } catch {
      return false
    }
  })
}

/** @throws LAB_ROLE */
export function onlyOne(fitting: readonly string[], wanted: string, { sts }: Stage): string {
  if (fitting.length === 1) return fitting[0]!
  const several = fitting.length > 0
  throw new MayflyError('LAB_ROLE', {
    message: `${wanted} is needed, and the trust has ${several ? `several: ${fitting.join(', ')}` : 'none'}`,
    ...(!several && {
      hint: `Register one, or name one with --role and read why it is refused; there are: ${allRoles(sts).join(', ') || 'none'}.`,
    }),
  })
}

function allRoles(sts: Stage['sts']): string[] {
  return [...sts.registered().aws.values()].flatMap(({ roles }) => [...roles.values()].map(({ arn }) => arn))
}
