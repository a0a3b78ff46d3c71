// An issuer by zitadel/oidc and the storage of its own example: `program ISSUER`. A machine that knows the client's
// secret gets an access token in JWT form, by client credentials, for the audience that it names as a scope. Every start
// makes a new key.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	issuer := os.Args[1]
	machines := &machines{storage.NewStorage(storage.NewUserStore(issuer))}
	config := &op.Config{CryptoKey: sha256.Sum256([]byte("throw-away")), CryptoKeyId: "key"}
	provider, err := op.NewProvider(config, machines, op.StaticIssuer(issuer))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, provider))
}

type machines struct{ *storage.Storage }

func (m *machines) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	client, err := m.Storage.ClientCredentials(ctx, id, secret)
	return machine{client}, err
}

func (m *machines) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	audience := strings.TrimPrefix(scopes[0], "audience:")
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{audience}}, nil
}

type machine struct{ op.Client }

func (machine) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
