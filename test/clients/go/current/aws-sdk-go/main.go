// Says who it is, puts an object into S3 and reads it back.
package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/s3"
	"github.com/aws/aws-sdk-go/service/sts"
	"mayfly.test/living"
)

var bucket, key = aws.String("pictures"), aws.String("cat.txt")

func main() { living.Serve(connect) }

func connect(context.Context) (living.Call, error) {
	here, err := session.NewSession()
	if err != nil {
		return nil, err
	}
	identities, objects := sts.New(here), s3.New(here)
	return func(ctx context.Context) (string, error) {
		me, err := identities.GetCallerIdentityWithContext(ctx, nil)
		if err != nil {
			return "", err
		}
		picture, err := putAndGet(ctx, objects, "a picture of a cat")
		return fmt.Sprintf("%s has %s", *me.Arn, picture), err
	}, nil
}

func putAndGet(ctx context.Context, objects *s3.S3, text string) (string, error) {
	put := &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(text)}
	if _, err := objects.PutObjectWithContext(ctx, put); err != nil {
		return "", err
	}
	got, err := objects.GetObjectWithContext(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	return string(content), err
}
