// Package living keeps a client alive and makes a call whenever it is told to.
package living

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"time"
)

// As services bound their calls. Without a bound the libraries of BigQuery and Cloud Storage try for ever where a
// connection is refused.
const deadline = 15 * time.Second

// Call makes one call and says what the service answered.
type Call func(context.Context) (string, error)

type said struct {
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

// Serve connects once, then makes one call for each line of standard input and answers it with one line of JSON on
// standard output, until the input ends. A client that could not be made answers every call with why.
func Serve(connect func(context.Context) (Call, error)) {
	ctx := context.Background()
	call, err := connect(ctx)
	if err != nil {
		call = func(context.Context) (string, error) { return "", err }
	}
	answers := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		answers.Encode(answer(ctx, call))
	}
}

func answer(ctx context.Context, call Call) said {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	text, err := call(ctx)
	if err != nil {
		return said{false, err.Error()}
	}
	return said{true, text}
}
