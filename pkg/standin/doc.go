// Package standin runs the binary of a Lambda function on this machine, without an AWS account and without Docker. It
// stands in for the Runtime API that sends events ([Runtime]), and for the services that functions call
// ([StartServices]).
//
//	runtime, err := standin.Listen(time.Now)
//	process, err := runtime.Start("init", "bootstrap", environment, os.Stderr)
//	answer, err := process.Invoke(ctx, event)
//
// Stand-ins are for laptops and tests: they do not check signatures.
package standin
