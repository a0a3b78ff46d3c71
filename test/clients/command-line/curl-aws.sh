# A container's credentials as a script gets them, and a call that curl signs with them.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
set -eu

url=${AWS_CONTAINER_CREDENTIALS_FULL_URI:-http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI}
credentials=$(printf 'Authorization: %s\n' "${AWS_CONTAINER_AUTHORIZATION_TOKEN-}" |
  curl --silent --show-error --fail-with-body --header @- "$url") || {
  printf '%s\n' "$credentials" >&2
  exit 1
}
field() { printf %s "$credentials" | sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p"; }

# What is secret goes in by standard input: a command line can be read by everybody on the machine.
printf 'user = "%s:%s"\nheader = "X-Amz-Security-Token: %s"\n' \
  "$(field AccessKeyId)" "$(field SecretAccessKey)" "$(field Token)" |
  curl --silent --show-error --fail-with-body --config - --aws-sigv4 "aws:amz:$AWS_REGION:sts" \
    "https://sts.$AWS_REGION.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
