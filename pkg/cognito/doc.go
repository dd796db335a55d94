// Package cognito signs the users of an Amazon Cognito user pool in by a code
// over SMS: the three triggers of custom authentication, on our challenges.
//
// Start with [Triggers]. Cognito asks DefineAuthChallenge what comes next,
// CreateAuthChallenge for the challenge, VerifyAuthChallengeResponse about each
// answer, and DefineAuthChallenge again. A sign-in is one session of one or more
// rounds, each with an answer:
//
//   - A session has one challenge. Its id is random, made in the first round and
//     carried from round to round in Cognito's sealed session. A wrong answer
//     sends nothing: the same code may be tried again, as often and as long as
//     the client's policy says.
//   - An answer with the client metadata {"action":"resend"} is no guess: the code
//     goes out once more, within the limits of the number. The answer itself cannot
//     ask for that, as Cognito tells it to VerifyAuthChallengeResponse only.
//   - Tokens are issued when [otp.Verifier] said Passed to the last answer.
//   - A user that does not exist, has no verified number or has one that may not be
//     sent to is answered as any other, in the same time, and every answer is
//     wrong. What the app is told depends on the session alone. So a masked number
//     is told to nobody: it would be an oracle for names, and tell strangers four
//     digits of whoever they know the name of.
//   - A limit that stands against a message is not told for the same reason. The
//     log has it.
//   - What could not be decided is an error, which Cognito passes on to the app;
//     it is the same for everybody.
//
// The rules of the triggers are those of the Amazon Cognito developer guide,
// "Custom authentication challenge Lambda triggers".
package cognito
