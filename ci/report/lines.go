package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

const (
	// chunk is how much of a line is looked at to tell whether it is of an unchanged resource. A URN is far shorter.
	chunk = 64 << 10
	// maxLine is more than any resource that Pulumi could have sent to its own backend.
	maxLine = 256 << 20
)

var errTooLong = fmt.Errorf("is longer than %d MiB", maxLine>>20)

// lines reads a log line by line. It keeps nothing of a line about a resource that stays as it is, however
// long that is, but its sequence number.
type lines struct {
	r *bufio.Reader
	// number is the line's, from 1.
	number int
	buffer []byte
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, chunk)} }

// next gives the next line, or only its sequence number where the line is of an unchanged resource. The line is
// valid up to the next call. At the end it gives io.EOF, and for a line that cannot be read errTooLong or
// errCut; then the next one can be asked for.
func (l *lines) next() (line []byte, unchanged int64, err error) {
	l.number++
	part, err := l.r.ReadSlice('\n')
	if err == io.EOF && len(part) == 0 {
		return nil, 0, io.EOF
	}
	if n, ok := unchangedResource(part); ok && (err != nil || !mayRestate(part)) {
		return nil, n, l.skip(part, err)
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		return bytes.TrimRight(part, "\r\n"), -1, ignoreEOF(err)
	}
	l.buffer = l.buffer[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(l.buffer)+len(part) > maxLine {
			if err := l.skip(part, err); err != nil && !errors.Is(err, errCut) {
				return nil, -1, err
			}
			return nil, -1, errTooLong
		}
		l.buffer = append(l.buffer, part...)
		part, err = l.r.ReadSlice('\n')
	}
	l.buffer = append(l.buffer, part...)
	line = bytes.TrimRight(l.buffer, "\r\n")
	if cap(l.buffer) > 16*chunk {
		l.buffer = nil
	}
	return line, -1, ignoreEOF(err)
}

var errCut = errors.New("is cut off")

// skip reads up to the end of a line of which part was read, and says whether it ends as one of the log does.
func (l *lines) skip(part []byte, err error) error {
	end := lastByte(part, 0)
	for errors.Is(err, bufio.ErrBufferFull) {
		part, err = l.r.ReadSlice('\n')
		end = lastByte(part, end)
	}
	if err := ignoreEOF(err); err != nil {
		return err
	}
	if end != '}' {
		return errCut
	}
	return nil
}

// lastByte is the last byte of part that is no end of a line, or before where there is none.
func lastByte(part []byte, before byte) byte {
	part = bytes.TrimRight(part, "\r\n")
	if len(part) == 0 {
		return before
	}
	return part[len(part)-1]
}

// ignoreEOF lets the last line end without a newline.
func ignoreEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // bufio gives it as it is
		return nil
	}
	return err
}

var (
	sequenceKey = []byte(`{"sequence":`)
	// unchangedKinds are what a line of a resource that stays as it is holds after its timestamp. That a resource
	// is going to be refreshed tells nothing; what came of it does.
	unchangedKinds = [][]byte{
		[]byte(`,"resourcePreEvent":{"metadata":{"op":"same","urn":"urn:pulumi:`),
		[]byte(`,"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:`),
		[]byte(`,"resourcePreEvent":{"metadata":{"op":"refresh","urn":"urn:pulumi:`),
	}
)

// unchangedResource reports whether a line begins as one of a resource that stays as it is, and gives its sequence
// number. The stack itself is needed for its outputs. No text of a program can stand before the operation.
func unchangedResource(line []byte) (sequence int64, ok bool) {
	rest, ok := bytes.CutPrefix(line, sequenceKey)
	if !ok {
		return 0, false
	}
	sequence, rest, ok = cutNumber(rest)
	if !ok {
		return 0, false
	}
	rest, ok = bytes.CutPrefix(rest, []byte(`,"timestamp":`))
	if !ok {
		return 0, false
	}
	_, rest, ok = cutNumber(rest)
	if !ok {
		return 0, false
	}
	for _, kind := range unchangedKinds {
		if urn, ok := bytes.CutPrefix(rest, kind); ok {
			return sequence, !isStack(urn)
		}
	}
	return 0, false
}

// What a line holds before the URN that a resource has, and before the one that it had.
var (
	urnKey    = []byte(`"op":"same","urn":"`)
	oldURNKey = []byte(`"old":{"type":"`)
	nextURN   = []byte(`","urn":"`)
	keptKeys  = [][]byte{[]byte(`"protect":true`), []byte(`"retainOnDelete":true`)}
)

// mayRestate reports whether a line of a resource that stays as it is has to be read, since what the state keeps of it
// may change. Of a line that is longer than a chunk this is not looked for.
func mayRestate(line []byte) bool {
	for _, key := range keptKeys {
		if bytes.Contains(line, key) {
			return true
		}
	}
	_, now, _ := bytes.Cut(line, urnKey)
	now, rest, _ := bytes.Cut(now, []byte(`"`))
	_, rest, there := bytes.Cut(rest, oldURNKey)
	_, rest, is := bytes.Cut(rest, nextURN)
	old, _, _ := bytes.Cut(rest, []byte(`"`))
	return there && is && !bytes.Equal(now, old)
}

// isStack reports whether what follows urn:pulumi: is the URN of the stack's own resource.
func isStack(urn []byte) bool {
	for range 2 {
		_, after, ok := bytes.Cut(urn[:min(len(urn), 1000)], []byte("::"))
		if !ok {
			return true // not a URN as it should be: read the whole line
		}
		urn = after
	}
	return bytes.HasPrefix(urn, []byte(stackType+"::"))
}

func cutNumber(text []byte) (n int64, rest []byte, ok bool) {
	end := 0
	for end < len(text) && '0' <= text[end] && text[end] <= '9' {
		end++
	}
	if end == 0 || end > 18 {
		return 0, nil, false
	}
	n, err := strconv.ParseInt(string(text[:end]), 10, 64)
	return n, text[end:], err == nil
}
