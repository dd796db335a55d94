package telemetry_test

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
	"countersign/pkg/telemetry/telemetrytest"
)

func receipt(reason otp.Reason) otp.Receipt {
	return otp.Receipt{
		MessageID: "94f20ce6-13c5-43a0-9a9e-ca52d816e90b",
		Reported:  otp.Reported{Client: "demo", AuthID: "1", Region: "MY", Mask: "+60******6353"},
		Reason:    reason, Network: "502-12", At: 1_795_317_208_457, Parts: 1, Price: 2500,
	}
}

// Each receipt that changes a state has these members, and these metrics with these dimensions, in CloudWatch, and no
// others.
func TestLineOfReceipt(t *testing.T) {
	const ofNetwork = " stack=prod network=502-12"
	for name, c := range map[string]struct {
		receipt otp.Receipt
		level   string
		want    metrics
	}{
		"arrived": {receipt(otp.ReasonArrived), "INFO", metrics{
			"undelivered" + stack: 0, "undelivered" + ofCountry: 0, "undelivered" + ofNetwork: 0,
			"shortfall" + ofCountry: -0.2, "spentUSD" + stack: 0.0025,
		}},
		"out of reach": {receipt(otp.ReasonPhoneUnreachable), "INFO", metrics{
			"undelivered" + stack: 1, "undelivered" + ofCountry: 1, "undelivered" + ofNetwork: 1,
			"shortfall" + ofCountry: 0.8, "spentUSD" + stack: 0.0025,
		}},
		"blocked": {receipt(otp.ReasonSpam), "WARN", metrics{
			"undelivered" + stack: 1, "undelivered" + ofCountry: 1, "undelivered" + ofNetwork: 1,
			"shortfall" + ofCountry: 0.8, "spentUSD" + stack: 0.0025, "blocked" + stack: 1,
		}},
		"of SNS, which names less": {
			otp.Receipt{MessageID: "1", Reason: otp.ReasonExpired, At: 1}, "INFO", metrics{"undelivered" + stack: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			lines, out := &telemetry.Lines{Stack: "prod"}, slog.New(slog.NewJSONHandler(&log, nil))
			lines.Receipt(t.Context(), out, c.receipt, time.UnixMilli(1_795_317_208_457))
			line := telemetrytest.Read(t, log.String())
			if !maps.Equal(line.Metrics, c.want) {
				t.Errorf("metrics\n%v, want\n%v", line.Metrics, c.want)
			}
			r := c.receipt
			for member, want := range map[string]any{
				"level": c.level, "msg": "receipt", "state": string(r.State()), "why": string(r.Reason),
				"detail": r.Reason.Words(), "message": r.MessageID,
			} {
				if line.Members[member] != want {
					t.Errorf("%s is %v, want %v", member, line.Members[member], want)
				}
			}
			for member, value := range map[string]string{
				"client": r.Client, "number": r.Mask, "country": r.Region, "network": r.Network,
				"authenticationId": r.AuthID,
			} {
				if got, has := line.Members[member]; has != (value != "") || has && got != value {
					t.Errorf("%s is %v, want %q", member, got, value)
				}
			}
		})
	}
}

// A receipt that cannot be read, and receipts that are not stored, have a line with the reason, which a metric counts.
// Without a stack there are no metrics.
func TestLineOfUnreadable(t *testing.T) {
	for stackName, want := range map[string]metrics{"prod": {"unreadable" + stack: 1}, "": nil} {
		var log bytes.Buffer
		lines, out := &telemetry.Lines{Stack: stackName}, slog.New(slog.NewJSONHandler(&log, nil))
		lines.Unreadable(t.Context(), out, errors.New("why"), time.UnixMilli(1_795_317_208_457))
		line := telemetrytest.Read(t, log.String())
		if !maps.Equal(line.Metrics, want) || line.Members["level"] != "ERROR" || line.Members["cause"] != "why" {
			t.Errorf("%s: metrics %v, want %v", log.String(), line.Metrics, want)
		}
		log.Reset()
		lines.Unstored(t.Context(), out, 3, 7, errors.New("why"), time.UnixMilli(1_795_317_208_457))
		want = map[string]metrics{"prod": {"unstored" + stack: 3}, "": nil}[stackName]
		line = telemetrytest.Read(t, log.String())
		if !maps.Equal(line.Metrics, want) || line.Members["level"] != "ERROR" || line.Members["msg"] != "receipts" ||
			line.Members["failed"] != 3.0 || line.Members["of"] != 7.0 || line.Members["cause"] != "why" {
			t.Errorf("%s: metrics %v, want %v", log.String(), line.Metrics, want)
		}
		log.Reset()
		lines.Receipt(t.Context(), out, receipt(otp.ReasonArrived), time.UnixMilli(1_795_317_208_457))
		if line := telemetrytest.Read(t, log.String()); (line.Metrics == nil) != (stackName == "") {
			t.Errorf("%s: metrics %v", log.String(), line.Metrics)
		}
	}
}
