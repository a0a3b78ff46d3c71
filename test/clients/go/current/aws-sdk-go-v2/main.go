// Says who it is, puts an object into S3 and reads it back.
package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"mayfly.test/living"
)

var bucket, key = aws.String("pictures"), aws.String("cat.txt")

func main() { living.Serve(connect) }

func connect(ctx context.Context) (living.Call, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	identities, objects := sts.NewFromConfig(cfg), s3.NewFromConfig(cfg)
	return func(ctx context.Context) (string, error) {
		me, err := identities.GetCallerIdentity(ctx, nil)
		if err != nil {
			return "", err
		}
		picture, err := putAndGet(ctx, objects, "a picture of a cat")
		return fmt.Sprintf("%s has %s", *me.Arn, picture), err
	}, nil
}

func putAndGet(ctx context.Context, objects *s3.Client, text string) (string, error) {
	put := &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(text)}
	if _, err := objects.PutObject(ctx, put); err != nil {
		return "", err
	}
	got, err := objects.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	return string(content), err
}
