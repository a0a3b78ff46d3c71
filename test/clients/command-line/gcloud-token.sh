# The token of the account that gcloud found, for a call by curl.
set -eu

token=$(gcloud auth print-access-token)
printf 'header = "Authorization: Bearer %s"\n' "$token" |
  curl --silent --show-error --fail-with-body --config - \
    https://bigquery.googleapis.com/bigquery/v2/projects/acme/datasets
