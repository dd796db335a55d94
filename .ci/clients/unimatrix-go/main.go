// Command unimatrix-go drives Unimatrix's SDK for Go: one call a process, its
// outcome as one line of JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"

	uni "github.com/unimtx/uni-go-sdk"
)

type outcome struct {
	Version   string         `json:"version,omitempty"`
	Error     string         `json:"error,omitempty"`
	RequestID string         `json:"requestId,omitempty"`
	Data      map[string]any `json:"data,omitempty"`
	Valid     bool           `json:"valid"`
}

func main() {
	var o outcome
	if os.Args[1] == "version" {
		build, _ := debug.ReadBuildInfo()
		o.Version = build.Deps[0].Version
	} else {
		o = call(os.Args[1], []byte(os.Args[2]))
	}
	line, _ := json.Marshal(o)
	fmt.Println(string(line))
}

func call(action string, params []byte) outcome {
	keyID, secret, endpoint := os.Getenv("KEY_ID"), os.Getenv("KEY_SECRET"), os.Getenv("ENDPOINT")
	// docs
	client := uni.NewClient(keyID, secret)
	client.SetEndpoint(endpoint)
	// docs
	var (
		res    *uni.UniResponse
		err    error
		send   uni.OtpSendParams
		verify uni.OtpVerifyParams
	)
	if action == "send" {
		json.Unmarshal(params, &send)
		res, err = client.Otp.Send(&send)
	} else {
		json.Unmarshal(params, &verify)
		res, err = client.Otp.Verify(&verify)
	}
	if err != nil {
		return outcome{Error: err.Error()} // its text has code and request id, and that is all
	}
	return outcome{Data: res.Data, Valid: res.Valid, RequestID: res.RequestId}
}
