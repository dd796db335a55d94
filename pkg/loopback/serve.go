package loopback

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Serve answers the requests to a listener until ctx ends. Then it finishes the calls that are under way, for as long
// as drain, and closes the connections that are left. Requests are bounded in time; a handler may lift that.
func Serve(ctx context.Context, listener net.Listener, h http.Handler, drain time.Duration) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    512 << 10, // more than any client sends, so that the handler answers
		// The log of broken connections of strangers is dropped.
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo),
	}
	stopped := make(chan struct{})
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		if server.Shutdown(late) != nil {
			server.Close() // a client has sent half a request and stopped
		}
		close(stopped)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// InLambda returns the variable of an environment that shows that the process is a function in AWS Lambda, whose
// loopback interface is nobody's. It is "" elsewhere.
func InLambda(getenv func(string) string) string {
	for _, name := range []string{"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME"} {
		if getenv(name) != "" {
			return name
		}
	}
	return ""
}
