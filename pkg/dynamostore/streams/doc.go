// Package streams follows the stream of a table on an engine on a laptop. In AWS,
// Lambda follows it, and package changes/stream reads what Lambda delivers: no
// function links this package and the SDK that it needs.
package streams
