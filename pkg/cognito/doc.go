// Package cognito signs the users of an Amazon Cognito user pool in with a code by SMS. It serves the three
// triggers of custom authentication.
//
// Start with [Triggers]. Cognito asks DefineAuthChallenge what comes next, CreateAuthChallenge for the
// challenge, VerifyAuthChallengeResponse about each answer, and DefineAuthChallenge again. A sign-in is one
// session of one or more rounds, each with an answer:
//
//   - A session has one challenge. Its id is random, made in the first round, and carried from round to round
//     in Cognito's sealed session. A wrong answer sends nothing: the same code may be tried again, as often
//     and as long as the client's policy allows.
//   - An answer with the client metadata {"action":"resend"} is not a guess: the code is sent once more,
//     within the limits of the number. The answer itself cannot ask for that, because Cognito hands it to
//     VerifyAuthChallengeResponse only.
//   - Tokens are issued if the outcome of the last answer is [otp.Passed].
//   - A user that does not exist, has no verified number, or has a number that may not be sent to gets the
//     same answers as any other user, in the same time, and every guess is wrong. The answer to the app
//     depends on the session alone. So it never has the masked number, which would show whether a name
//     exists, and four digits of the number of a known name.
//   - For the same reason the app does not learn of a limit that refuses a message. The log has it.
//   - A request that could not be decided is an error, which Cognito passes on to the app. It is the same for
//     everybody.
//
// The rules of the triggers are those of the Amazon Cognito developer guide, "Custom authentication challenge
// Lambda triggers".
package cognito
