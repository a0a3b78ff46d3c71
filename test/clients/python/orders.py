from google.cloud import bigquery

from answer_lines import answer_lines


def connect():
    client = bigquery.Client(project="acme")

    def call():
        errors = client.insert_rows_json("sales.orders", [{"id": 1, "item": "lamp"}])
        if errors:
            raise RuntimeError(errors)
        rows = client.query_and_wait("SELECT id, item FROM sales.orders", max_results=3)
        return f"read {', '.join(sorted({row.item for row in rows}))}"

    return call


answer_lines(connect)
