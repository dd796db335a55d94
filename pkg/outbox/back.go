package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// How much of a file is read at once, first and at most: a page needs little, a search reads on in large pieces.
const (
	firstRead = 32 << 10
	mostRead  = 1 << 20
)

// errChanged is that a file became shorter while it was read.
var errChanged = errors.New("outbox: the file was emptied while it was read")

// lineBack gets a line and its offset in the file. It reports whether it wants the line before it.
type lineBack func(line []byte, at int64) (more bool)

// back calls f with the lines of a file that end at an offset or before it, the last one first. Once it has read reach
// bytes, it reads no further. Lines without the text must, if there is one, may be left out. It returns the
// offset of the first line that it came to, which is 0 at the beginning of the file.
func back(file io.ReaderAt, end, reach int64, must []byte, f lineBack) (at int64, err error) {
	var buffer []byte
	floor := max(0, end-reach)
	for size := int64(firstRead); end > floor; {
		n := min(size, end)
		if int64(cap(buffer)) < n {
			buffer = make([]byte, n)
		}
		text, begin := buffer[:n], end-n
		if _, err := file.ReadAt(text, begin); err == io.EOF {
			return 0, errChanged
		} else if err != nil {
			return 0, fmt.Errorf("outbox: %w", err)
		}
		if begin > 0 { // it begins within a line
			whole := bytes.IndexByte(text[:n-1], '\n') + 1
			if whole == 0 { // all of it is in one line
				size = 2 * size
				continue
			}
			text, begin = text[whole:], begin+int64(whole)
		}
		if bytes.Contains(text, must) {
			if at, more := linesBack(text, begin, f); !more {
				return at, nil
			}
		}
		end, size = begin, max(firstRead, min(2*size, mostRead))
	}
	return end, nil
}

// linesBack calls f with the lines of a text that is at an offset. It returns the offset of the last line that f got.
func linesBack(text []byte, offset int64, f lineBack) (at int64, more bool) {
	for len(text) > 0 {
		i := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
		at = offset + int64(i)
		if !f(text[i:], at) {
			return at, false
		}
		text = text[:i]
	}
	return at, true
}
