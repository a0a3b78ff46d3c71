// Counts the objects of a bucket.
package main

import (
	"context"
	"fmt"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
	"mayfly.test/living"
)

func main() { living.Serve(connect) }

func connect(ctx context.Context) (living.Call, error) {
	client, err := storage.NewClient(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		count, err := countOf(client.Bucket("pictures").Objects(ctx, nil))
		return fmt.Sprintf("the bucket has %d objects", count), err
	}, nil
}

func countOf(objects *storage.ObjectIterator) (count int, err error) {
	for {
		_, err := objects.Next()
		if err == iterator.Done {
			return count, nil
		}
		if err != nil {
			return 0, err
		}
		count++
	}
}
