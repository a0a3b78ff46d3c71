"""A program of a user: boto3 with nothing but its environment."""

import boto3

print(boto3.client("sts").get_caller_identity()["Arn"])
print(boto3.client("s3").list_objects_v2(Bucket="pictures")["KeyCount"])
