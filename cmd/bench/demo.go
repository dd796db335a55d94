package main

import (
	"context"
	"errors"

	"countersign/pkg/awsclient"
	"countersign/pkg/clients"
	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
	"countersign/pkg/standin"
)

// demoBefore is the record of the client demo without access keys, which functions of before
// version 0.12.0 cannot read. Their init and verify need none.
const demoBefore = `{"id":"demo","status":"active","added":"2026-11-22T02:25:27Z","unsigned":true,"countries":["*"]}`

// putDemoBefore replaces the record of the client demo for the functions of another checkout.
func putDemoBefore(ctx context.Context, services *standin.Services) error {
	cfg, err := config.Load(func(string) string { return "" })
	if err != nil {
		return err
	}
	client, err := dynamostore.NewClient(dynamostore.Config{
		Endpoint: services.Environment["AWS_ENDPOINT_URL_DYNAMODB"], Credentials: awsclient.Local(),
	})
	if err != nil {
		return err
	}
	documents, key := dynamostore.NewDocuments(client, cfg.ClientsTable), clients.DocumentKey(standin.DemoClient)
	_, revision, err := documents.Get(ctx, key)
	if err != nil {
		return err
	}
	replaced, err := documents.Put(ctx, key, []byte(demoBefore), revision)
	if err == nil && !replaced {
		err = errors.New("the record of the client demo changed meanwhile")
	}
	return err
}
