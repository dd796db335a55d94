package standin

import "countersign/pkg/dynamostore/engine"

// EnginePath returns where `make tools` installs the DynamoDB engine, under the
// module's root, and fails where it is not.
func EnginePath(root string) (string, error) { return engine.Path(root) }
