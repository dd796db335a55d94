package telemetry

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/otp"
)

// byNetwork has the network alone beside the stack: its code begins with the country's.
var byNetwork = [][]string{{"stack", "network"}}

// usual is the share of messages that do not arrive while all is well, at most: some numbers are always wrong.
const usual = 0.2

// Receipt writes the line of a receipt by which a message has another state, with its metrics. Other receipts have no
// line: they repeat what is known.
//
// undelivered is 0 or 1 for each, so that its average is the share of messages that did not arrive, and the count of
// its values is that of messages. shortfall is for alarms by country, which see one sum for each: it is above 0 while
// more than the usual share does not arrive, the more the surer that is, however few messages there are. A message that
// arrives after a receipt of another state is in both.
func (l *Lines) Receipt(ctx context.Context, log *slog.Logger, r otp.Receipt, now time.Time) {
	level, state := slog.LevelInfo, r.State()
	if state == otp.MessageBlocked {
		level = slog.LevelWarn
	}
	if !log.Enabled(ctx, level) {
		return
	}
	line := invocation(ctx, make([]slog.Attr, 0, 20))
	text := func(name, value string) {
		if value != "" {
			line = append(line, slog.String(name, value))
		}
	}
	text("state", string(state))
	text("why", string(r.Reason))
	text("detail", r.Reason.Words())
	text("client", r.Client)
	text("number", r.Mask)
	text("country", r.Region)
	text("network", r.Network)
	text("authenticationId", r.AuthID)
	text("message", r.MessageID)
	line = append(line, slog.Time("at", r.At.Time().UTC()))
	if r.Parts > 0 {
		line = append(line, slog.Int("parts", r.Parts))
	}
	if l.Stack != "" {
		line = l.appendOfReceipt(line, r, now)
	}
	log.LogAttrs(ctx, level, "receipt", line...)
}

// appendOfReceipt appends the metrics of a receipt.
func (l *Lines) appendOfReceipt(line []slog.Attr, r otp.Receipt, now time.Time) []slog.Attr {
	lost := one(r.State() != otp.MessageDelivered)
	line = append(line, slog.Int("undelivered", lost))
	undelivered := []metric{{"undelivered", "Count"}}
	directives := []directive{{namespace, overall, undelivered}}
	if r.Region != "" {
		line = append(line, slog.Float64("shortfall", float64(lost)-usual))
		of := []metric{{"undelivered", "Count"}, {"shortfall", "None"}}
		directives = append(directives, directive{namespace, [][]string{{"stack", "country"}}, of})
	}
	if r.Network != "" {
		directives = append(directives, directive{namespace, byNetwork, undelivered})
	}
	if r.State() == otp.MessageBlocked {
		line = append(line, slog.Int("blocked", 1))
		directives = append(directives, directive{namespace, overall, []metric{{"blocked", "Count"}}})
	}
	if r.Price > 0 {
		line = append(line, slog.Float64("spentUSD", float64(r.Price)/1e6))
		directives = append(directives, directive{namespace, overall, []metric{{"spentUSD", "None"}}})
	}
	return l.embed(line, now, directives)
}

// Unreadable writes the line of a receipt that cannot be read, which is lost. cause must not quote it.
func (l *Lines) Unreadable(ctx context.Context, log *slog.Logger, cause error, now time.Time) {
	line := append(invocation(ctx, nil), slog.String("cause", cause.Error()))
	log.LogAttrs(ctx, slog.LevelError, "receipt", l.appendCount(line, "unreadable", 1, now)...)
}

// Unstored writes the line of a call of which some receipts are not stored. They come again, every few minutes for as
// long as that lasts.
func (l *Lines) Unstored(ctx context.Context, log *slog.Logger, failed, of int, cause error, now time.Time) {
	line := append(invocation(ctx, nil),
		slog.Int("failed", failed), slog.Int("of", of), slog.String("cause", cause.Error()))
	log.LogAttrs(ctx, slog.LevelError, "receipts", l.appendCount(line, "unstored", failed, now)...)
}

// appendCount appends the one metric of a line, without dimensions but the stack.
func (l *Lines) appendCount(line []slog.Attr, name string, n int, now time.Time) []slog.Attr {
	if l.Stack == "" {
		return line
	}
	return l.embed(append(line, slog.Int(name, n)), now, []directive{{namespace, overall, []metric{{name, "Count"}}}})
}

// invocation appends Lambda's id of the invocation.
func invocation(ctx context.Context, line []slog.Attr) []slog.Attr {
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		line = append(line, slog.String("request", invocation.AwsRequestID))
	}
	return line
}
