// A batch job that loads rows into BigQuery and reads them back.
package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
	"mayfly.test/living"
)

type order struct {
	ID    int64  `bigquery:"id"`
	Item  string `bigquery:"item"`
	Paid  bool   `bigquery:"paid"`
	Batch string `bigquery:"batch"`
}

func main() { living.Serve(connect) }

func connect(ctx context.Context) (living.Call, error) {
	client, err := bigquery.NewClient(ctx, "acme")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		batch := time.Now().Format(time.RFC3339Nano)
		if err := load(ctx, client, batch); err != nil {
			return "", err
		}
		items, err := itemsOf(ctx, client, batch)
		return "inserted and read back " + strings.Join(items, ", "), err
	}, nil
}

func load(ctx context.Context, client *bigquery.Client, batch string) error {
	return client.Dataset("sales").Table("orders").Inserter().Put(ctx, []order{
		{1, "lamp", true, batch},
		{2, "desk", false, batch},
		{3, "chair", true, batch},
	})
}

func itemsOf(ctx context.Context, client *bigquery.Client, batch string) (items []string, err error) {
	query := client.Query("SELECT id, item, paid FROM sales.orders WHERE batch = @batch")
	query.Parameters = []bigquery.QueryParameter{{Name: "batch", Value: batch}}
	rows, err := query.Read(ctx)
	if err != nil {
		return nil, err
	}
	for {
		var row order
		if err = rows.Next(&row); err == iterator.Done {
			return items, nil
		}
		if err != nil {
			return nil, err
		}
		items = append(items, fmt.Sprintf("%d %s", row.ID, row.Item))
	}
}
