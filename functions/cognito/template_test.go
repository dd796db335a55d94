package main

import (
	"encoding/json"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/cognito"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
)

// resource has the members of the user pool's resources in template.yaml that this test needs.
type resource struct {
	Condition, DeletionPolicy string
	Properties                struct {
		LambdaConfig               map[string]string
		AdminCreateUserConfig      struct{ AllowAdminCreateUserOnly bool }
		ExplicitAuthFlows          []string
		PreventUserExistenceErrors string
		AuthSessionValidity        int
		WriteAttributes            []string
		Timeout                    int
		Action, Principal          string
		FunctionName, SourceArn    string
		Environment                struct{ Variables map[string]any }
	}
}

func template(t *testing.T) map[string]resource {
	t.Helper()
	text := filetest.Read(t, "../../template.yaml")
	var file struct {
		Resources map[string]any `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]resource{}
	for _, name := range []string{"CognitoFunction", "CognitoPermission", "UserPool", "UserPoolClient"} {
		var r resource
		text, err := json.Marshal(file.Resources[name])
		if err != nil || json.Unmarshal(text, &r) != nil || r.Condition != "HasUserPool" {
			t.Fatalf("%s: %s %v, must be there on condition HasUserPool", name, text, err)
		}
		out[name] = r
	}
	return out
}

// The deployed pool asks the function at each step, and has no other way to sign in.
func TestTemplate(t *testing.T) {
	all := template(t)
	pool, app, permission := all["UserPool"], all["UserPoolClient"].Properties, all["CognitoPermission"].Properties
	for _, trigger := range []string{"DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"} {
		if got := pool.Properties.LambdaConfig[trigger]; got != "CognitoFunction.Arn" {
			t.Errorf("%s asks %q", trigger, got)
		}
	}
	if len(pool.Properties.LambdaConfig) != 3 || !pool.Properties.AdminCreateUserConfig.AllowAdminCreateUserOnly ||
		pool.DeletionPolicy != "Retain" {
		t.Errorf("the pool: %+v", pool)
	}
	if flows := app.ExplicitAuthFlows; len(flows) != 2 || flows[0] != "ALLOW_CUSTOM_AUTH" ||
		flows[1] != "ALLOW_REFRESH_TOKEN_AUTH" {
		t.Errorf("ways to sign in: %v, want custom challenges and refresh tokens only", flows)
	}
	if app.PreventUserExistenceErrors != "ENABLED" {
		t.Error("the app learns which names are users")
	}
	for _, attribute := range app.WriteAttributes {
		if attribute == "phone_number" {
			t.Error("users may change their number")
		}
	}
	if len(app.WriteAttributes) == 0 {
		t.Error("without WriteAttributes users may change any attribute")
	}
	if permission.Action != "lambda:InvokeFunction" || permission.Principal != "cognito-idp.amazonaws.com" ||
		permission.FunctionName != "CognitoFunction" || permission.SourceArn != "UserPool.Arn" {
		t.Errorf("the permission: %+v", permission)
	}
	variables := all["CognitoFunction"].Properties.Environment.Variables
	if variables["COUNTERSIGN_COGNITO_CLIENT"] != "CognitoClient" {
		t.Errorf("the function's settings: %v", variables)
	}
}

// The handler answers before Lambda stops the function, Lambda stops it before Cognito gives up, and Cognito keeps a
// session for as long as a code lives.
func TestTimesAreInOrder(t *testing.T) {
	all := template(t)
	app, function := all["UserPoolClient"].Properties, all["CognitoFunction"].Properties
	const cognitoWaits = 5 * time.Second
	stopped, answers := time.Duration(function.Timeout)*time.Second, cognito.Timeout+otp.SettleTime
	if answers > stopped-500*time.Millisecond || stopped > cognitoWaits || stopped >= otp.Lease {
		t.Errorf("the handler answers within %v, Lambda stops the function after %v, Cognito waits for %v",
			answers, stopped, cognitoWaits)
	}
	longest := otp.DefaultPolicy()
	for longest.Validity = time.Minute; longest.Validate() == nil; {
		longest.Validity += time.Minute
	}
	if session := time.Duration(app.AuthSessionValidity) * time.Minute; session < longest.Validity-time.Minute {
		t.Errorf("Cognito forgets a session after %v, a code may live longer", session)
	}
}
