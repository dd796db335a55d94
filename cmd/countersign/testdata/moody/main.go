// Command moody is a function that fails once and answers from then on. It prints a line when
// it gets SIGTERM.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	go func() {
		<-end
		fmt.Println("ends on SIGTERM")
		os.Exit(0)
	}()
	calls := 0
	lambda.Start(func() (string, error) {
		if calls++; calls == 1 {
			return "", errors.New("not yet")
		}
		return "fine", nil
	})
}
