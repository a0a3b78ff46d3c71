package time

import (
	"sync/atomic"
	"syscall"
)

var clockFile, movable = syscall.Getenv("FAKETIME_TIMESTAMP_FILE")

// In nanoseconds, when somebody last asked for the time.
var moved atomic.Int64

// Now returns the current local time, moved by as many seconds as the file at FAKETIME_TIMESTAMP_FILE says at this
// moment (`+3600.5`), the way libfaketime does. Without that variable it is the machine's.
func Now() Time {
	if movable {
		moved.Store(int64(movedBy(clockFile)))
	}
	return timerNow()
}

// What a timer sends when it fires. The scheduler calls it, where no file can be read.
//
// A moved time has no monotonic reading: that of the machine would still say that no time has passed. Timers themselves
// stay real, and since Until and Since subtract what Now says, a deadline is as far away as it was set.
func timerNow() Time {
	now := machineNow()
	if !movable {
		return now
	}
	now.stripMono()
	return now.Add(Duration(moved.Load()))
}

// No file yet, and an empty one that is just being written, move nothing.
func movedBy(path string) Duration {
	text, err := readFile(path)
	if err == syscall.ENOENT || err == nil && len(text) == 0 {
		return 0
	}
	if last := len(text) - 1; last >= 0 && text[last] == '\n' {
		text = text[:last]
	}
	by, wrong := ParseDuration(string(text) + "s")
	if err != nil || wrong != nil {
		panic("FAKETIME_TIMESTAMP_FILE names a file that holds no number of seconds such as +3600: " + path)
	}
	return by
}
