import { App, Stack } from 'aws-cdk-lib'
import { Bucket } from 'aws-cdk-lib/aws-s3'

// Without `env`, as `cdk init` writes it: account and region are found out when the stack is compared or deployed.
const stack = new Stack(new App(), 'Pictures')
new Bucket(stack, 'Bucket')
