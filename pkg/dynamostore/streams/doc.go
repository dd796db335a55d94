// Package streams follows the stream of a table in an engine on a laptop. In AWS, Lambda
// follows the stream, and package changes/stream reads the records that Lambda delivers: no
// function links this package and the SDK that it needs.
package streams
