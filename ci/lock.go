package main

import (
	"strings"
	"time"
)

// How long the first pause is before a locked stack is tried again, and the longest one.
const (
	lockPause        = 2 * time.Second
	longestLockPause = 30 * time.Second
)

// locked tells whether Pulumi did not begin because another run has locked the stack. It writes no event log then, and
// the words are those of its two kinds of backends: Pulumi Cloud's and those that keep the state in files.
func locked(ran *execution) bool {
	said := ran.stderr + ran.stdout
	return ran.exitCode != 0 && ran.noLog &&
		(strings.Contains(said, "the stack is currently locked by") || strings.Contains(said, "[409] Conflict: Another update is currently in progress"))
}

// whyLocked tells what to do about a lock, after Pulumi's own words of who has it.
const whyLocked = "Another run has locked the stack. Wait for its end, with --wait-for-lock too. If it was killed, `cancel` frees the stack."
