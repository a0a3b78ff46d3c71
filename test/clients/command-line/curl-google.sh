# A token of the metadata server as a script gets it, and a call with it.
# https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
set -eu

account=http://${GCE_METADATA_HOST:-metadata.google.internal}/computeMetadata/v1/instance/service-accounts/default
answer=$(curl --silent --show-error --fail-with-body --header 'Metadata-Flavor: Google' "$account/token") || {
  printf '%s\n' "$answer" >&2
  exit 1
}
token=$(printf %s "$answer" | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')

printf 'header = "Authorization: Bearer %s"\n' "$token" |
  curl --silent --show-error --fail-with-body --config - \
    https://bigquery.googleapis.com/bigquery/v2/projects/acme/datasets
