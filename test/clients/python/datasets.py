import google.auth
from google.auth.transport.requests import AuthorizedSession

from answer_lines import answer_lines

URL = "https://bigquery.googleapis.com/bigquery/v2/projects/acme/datasets"


def connect():
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/bigquery"])
    session = AuthorizedSession(credentials)

    def call():
        answer = session.get(URL)
        answer.raise_for_status()
        names = [each["datasetReference"]["datasetId"] for each in answer.json()["datasets"]]
        return f"datasets: {', '.join(names)}"

    return call


answer_lines(connect)
