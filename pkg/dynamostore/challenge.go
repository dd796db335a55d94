package dynamostore

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// codec maps a T to an item, field by field.
type codec[T any] []otp.FieldOf[T]

var challenges = codec[otp.Challenge](otp.ChallengeFields)

// retired is an attribute that this release does not read. The release before refuses
// items without it, and it runs beside this one during a deployment, and again after a
// rollback. So this release writes it, empty; the next release need not.
const retired = "block"

func writeChallenge(c otp.Challenge) image {
	item := challenges.write(&c)
	item[retired] = empty
	return item
}

// ReadChallenge reads the item of a challenge. An attribute that is missing or has another
// type is an error, which names the attribute and not its value.
func ReadChallenge(item map[string]types.AttributeValue) (*otp.Challenge, error) {
	return challenges.read("challenge", item)
}

func (fields codec[T]) write(of *T) image {
	item := make(image, len(fields)+1)
	for _, f := range fields {
		v, isZero := attribute(f.Pointer(of))
		if !(f.Optional && isZero) {
			item[f.Name] = v
		}
	}
	return item
}

// attribute returns the value of a field, and whether it is the zero of its type.
func attribute(pointer any) (v types.AttributeValue, isZero bool) {
	switch p := pointer.(type) {
	case *string:
		return text(*p), *p == ""
	case *[]byte:
		return binary(*p), len(*p) == 0
	case *int:
		return number(int64(*p)), *p == 0
	case *int64:
		return number(*p), *p == 0
	case *bool:
		if *p {
			return one, false
		}
		return zero, true
	}
	panic(fmt.Sprintf("no attribute for a %T", pointer))
}

func (fields codec[T]) read(kind string, item image) (*T, error) {
	r := reader{kind: kind, item: item}
	of := new(T)
	for _, f := range fields {
		if f.Optional && item[f.Name] == nil {
			continue
		}
		switch p := f.Pointer(of).(type) {
		case *string:
			*p = r.text(f.Name)
		case *[]byte:
			*p = r.binary(f.Name)
		case *int:
			*p = r.int(f.Name)
		case *int64:
			*p = r.number(f.Name)
		case *bool:
			*p = r.int(f.Name) == 1
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return of, nil
}
