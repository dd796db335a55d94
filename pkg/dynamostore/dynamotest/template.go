package dynamotest

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.yaml.in/yaml/v4"

	"countersign/pkg/dynamostore/engine"
)

// Deployed has the tables as template.yaml defines them.
type Deployed struct{ Challenges, Clients Definition }

// Definition is the part of a table in template.yaml that concerns a program.
type Definition struct {
	Table      dynamodb.CreateTableInput      // without a name; the stream is nil where it has none
	TimeToLive *types.TimeToLiveSpecification // nil where nothing expires
}

// Template reads template.yaml of this module.
func Template() (*Deployed, error) {
	root, err := engine.ModuleRoot()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(root, "template.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// resource is an AWS::DynamoDB::Table.
type resource struct {
	Type       string `yaml:"Type"`
	Properties struct {
		BillingMode          string `yaml:"BillingMode"`
		AttributeDefinitions []struct {
			AttributeName string `yaml:"AttributeName"`
			AttributeType string `yaml:"AttributeType"`
		} `yaml:"AttributeDefinitions"`
		KeySchema []struct {
			AttributeName string `yaml:"AttributeName"`
			KeyType       string `yaml:"KeyType"`
		} `yaml:"KeySchema"`
		TimeToLiveSpecification *struct {
			AttributeName string `yaml:"AttributeName"`
			Enabled       bool   `yaml:"Enabled"`
		} `yaml:"TimeToLiveSpecification"`
		StreamSpecification *struct {
			StreamViewType string `yaml:"StreamViewType"`
		} `yaml:"StreamSpecification"`
	} `yaml:"Properties"`
}

func parse(data []byte) (*Deployed, error) {
	var template struct {
		Resources struct {
			ChallengesTable resource `yaml:"ChallengesTable"`
			ClientsTable    resource `yaml:"ClientsTable"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(data, &template); err != nil {
		return nil, err
	}
	var d Deployed
	for name, table := range map[string]struct {
		in  resource
		out *Definition
	}{
		"ChallengesTable": {template.Resources.ChallengesTable, &d.Challenges},
		"ClientsTable":    {template.Resources.ClientsTable, &d.Clients},
	} {
		if table.in.Type != "AWS::DynamoDB::Table" {
			return nil, fmt.Errorf("no AWS::DynamoDB::Table called %s", name)
		}
		*table.out = table.in.definition()
	}
	return &d, nil
}

func (r resource) definition() (d Definition) {
	p := r.Properties
	d.Table.BillingMode = types.BillingMode(p.BillingMode)
	if s := p.StreamSpecification; s != nil {
		d.Table.StreamSpecification = &types.StreamSpecification{
			StreamEnabled:  aws.Bool(s.StreamViewType != ""),
			StreamViewType: types.StreamViewType(s.StreamViewType),
		}
	}
	if ttl := p.TimeToLiveSpecification; ttl != nil {
		d.TimeToLive = &types.TimeToLiveSpecification{
			AttributeName: aws.String(ttl.AttributeName),
			Enabled:       aws.Bool(ttl.Enabled),
		}
	}
	for _, a := range p.AttributeDefinitions {
		d.Table.AttributeDefinitions = append(d.Table.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(a.AttributeName), AttributeType: types.ScalarAttributeType(a.AttributeType),
		})
	}
	for _, k := range p.KeySchema {
		d.Table.KeySchema = append(d.Table.KeySchema, types.KeySchemaElement{
			AttributeName: aws.String(k.AttributeName), KeyType: types.KeyType(k.KeyType),
		})
	}
	return d
}
