// Package standin has stand-ins on this machine for what a Lambda function meets
// in AWS, so that the very binary that is deployed runs without an account and
// without Docker: the Runtime API that hands it events ([Runtime]), and DynamoDB,
// Secrets Manager, SNS and EventBridge behind it ([StartServices]).
//
//	runtime, err := standin.Listen(time.Now)
//	process, err := runtime.Start("init", "bootstrap", environment, os.Stderr)
//	answer, err := process.Invoke(ctx, event)
//
// They are for laptops and tests: nobody's signature is checked.
package standin
