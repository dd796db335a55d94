package snssender

import "countersign/pkg/awssender"

// Error is the reason why a message was refused, or may not have been sent.
type Error = awssender.Error
