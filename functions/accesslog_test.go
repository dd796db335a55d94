package functions

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"
)

// The access log is off unless a parameter switches it on. Each API then writes the caller's address, and nothing that
// the caller chooses freely: in Unimatrix's simple mode the query has the credential.
func TestAccessLog(t *testing.T) {
	var file struct {
		Parameters map[string]struct {
			Default string `yaml:"Default"`
		} `yaml:"Parameters"`
		Resources map[string]struct {
			Condition  string `yaml:"Condition"`
			Properties struct {
				HTTP      []any  `yaml:"AccessLogSettings"`
				REST      []any  `yaml:"AccessLogSetting"`
				Retention string `yaml:"RetentionInDays"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readTemplate(t, &file)
	if got := file.Parameters["AccessLog"].Default; got != "no" {
		t.Errorf("the default is %q", got)
	}
	logs := file.Resources["AccessLogs"]
	if logs.Condition != "HasAccessLog" || logs.Properties.Retention != "LogDays" {
		t.Errorf("the log group: %+v", logs)
	}
	harmless := []string{"requestTimeEpoch", "identity.sourceIp", "httpMethod", "routeKey", "resourcePath", "status",
		"responseLatency", "requestId"}
	variable := regexp.MustCompile(`\$context\.([\w.]+)`)
	for name, setting := range map[string][]any{
		"Api": file.Resources["Api"].Properties.HTTP, "RestApi": file.Resources["RestApi"].Properties.REST,
	} {
		if len(setting) != 3 || setting[0] != "HasAccessLog" {
			t.Fatalf("%s: %v", name, setting)
		}
		format, _ := setting[1].(map[string]any)["Format"].(string)
		var line map[string]string
		err := json.Unmarshal([]byte(format), &line)
		if err != nil || line["sourceIp"] != "$context.identity.sourceIp" {
			t.Errorf("%s: %s is no line with an address: %v", name, format, err)
		}
		for _, v := range variable.FindAllStringSubmatch(format, -1) {
			if !slices.Contains(harmless, v[1]) {
				t.Errorf("%s: the log has %s", name, v[0])
			}
		}
	}
}
