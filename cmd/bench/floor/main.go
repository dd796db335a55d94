// Command floor is hello with what no function of ours can do without: clients of
// the AWS SDK for DynamoDB and SNS, made by hand, and one UpdateItem for an answer.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

func main() {
	keys := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
	}
	cfg := aws.Config{
		Region:       os.Getenv("AWS_REGION"),
		BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")),
		Credentials:  aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil }),
	}
	table, sender := dynamodb.NewFromConfig(cfg), sns.NewFromConfig(cfg)
	lambda.Start(func(ctx context.Context, send bool) (string, error) {
		if send { // never, but the linker does not know
			_, err := sender.Publish(ctx, &sns.PublishInput{})
			return "", err
		}
		_, err := table.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String("countersign-challenges"),
			Key: map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: "F#floor"},
			},
			UpdateExpression: aws.String("ADD n :one"),
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":one": &types.AttributeValueMemberN{Value: "1"},
			},
		})
		return "floor", err
	})
}
