/** Where a workload is made to believe that it runs. */
export const platformNames = ['ecs', 'ecs-ec2', 'ec2', 'eks', 'gce', 'github', 'gitlab', 'none'] as const
export type PlatformName = (typeof platformNames)[number]
