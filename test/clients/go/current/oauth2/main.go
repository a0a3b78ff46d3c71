// Lists the datasets of a project by a plain request with the default credentials.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"golang.org/x/oauth2/google"
	"mayfly.test/living"
)

const datasets = "https://bigquery.googleapis.com/bigquery/v2/projects/acme/datasets"

func main() { living.Serve(connect) }

func connect(ctx context.Context) (living.Call, error) {
	client, err := google.DefaultClient(ctx, "https://www.googleapis.com/auth/bigquery")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, datasets, nil)
		if err != nil {
			return "", err
		}
		response, err := client.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", response.Status, body)
		}
		return string(body), err
	}, nil
}
