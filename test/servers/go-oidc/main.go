// Verifies tokens by go-oidc: for each line of JSON on standard input (issuer, audience, token) one on standard output.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
)

type request struct{ Issuer, Audience, Token string }

type answer struct {
	OK      bool   `json:"ok"`
	Subject string `json:"subject,omitempty"`
	Why     string `json:"why,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(verify(context.Background(), asked)); err != nil {
			log.Fatal(err)
		}
	}
}

func verify(ctx context.Context, asked request) answer {
	provider, err := oidc.NewProvider(ctx, asked.Issuer)
	if err != nil {
		return answer{Why: "discovery: " + err.Error()}
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: asked.Audience}).Verify(ctx, asked.Token)
	if err != nil {
		return answer{Why: err.Error()}
	}
	return answer{OK: true, Subject: token.Subject}
}
