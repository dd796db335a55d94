package dynamotest

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.yaml.in/yaml/v4"

	"countersign/pkg/dynamostore/engine"
)

// Deployed has the definitions of the tables in template.yaml.
type Deployed struct{ Challenges, Clients Definition }

// Definition is the part of a table's definition that a program needs.
type Definition struct {
	Table      dynamodb.CreateTableInput      // without a name; no stream: StreamSpecification is nil
	TimeToLive *types.TimeToLiveSpecification // nil: items never expire
}

// Template returns the tables of template.yaml of this module. It reads the file once:
// under the race detector that takes eight times as long as to make a table.
var Template = sync.OnceValues(func() (Deployed, error) {
	root, err := engine.ModuleRoot()
	if err != nil {
		return Deployed{}, err
	}
	path := filepath.Join(root, "template.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		return Deployed{}, err
	}
	d, err := parse(data)
	if err != nil {
		return Deployed{}, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
})

// resource is a resource of type AWS::DynamoDB::Table.
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

func parse(data []byte) (d Deployed, err error) {
	var template struct {
		Resources struct {
			ChallengesTable resource `yaml:"ChallengesTable"`
			ClientsTable    resource `yaml:"ClientsTable"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(data, &template); err != nil {
		return d, err
	}
	for name, table := range map[string]struct {
		in  resource
		out *Definition
	}{
		"ChallengesTable": {template.Resources.ChallengesTable, &d.Challenges},
		"ClientsTable":    {template.Resources.ClientsTable, &d.Clients},
	} {
		if table.in.Type != "AWS::DynamoDB::Table" {
			return d, fmt.Errorf("it has no AWS::DynamoDB::Table named %s", name)
		}
		*table.out = table.in.definition()
	}
	return d, nil
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
