package standin

import "countersign/pkg/dynamostore/engine"

// ModuleRoot returns the folder of Countersign's go.mod, at or above the working
// folder.
func ModuleRoot() (string, error) { return engine.ModuleRoot() }

// EnginePath returns where `make tools` installs the DynamoDB engine, under the
// module's root, and fails where it is not.
func EnginePath(root string) (string, error) { return engine.Path(root) }
