package main

import (
	"strings"
	"testing"
	"time"
)

// taken are samples of a script that always takes 2 s, and of a container that takes as long as given
// for the second run and after an edit.
func taken(again, edited time.Duration) samples {
	s := samples{}
	for _, run := range runs {
		for _, noise := range []time.Duration{9 * time.Second, 0, -time.Second} {
			s[key{script, run}] = append(s[key{script, run}], sample{2*time.Second + noise, time.Second})
			took := map[string]time.Duration{first: time.Minute, second: again, edit: edited}[run]
			s[key{container, run}] = append(s[key{container, run}], sample{took + noise, 3 * time.Second})
		}
	}
	return s
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		took []time.Duration
		want time.Duration
	}{
		{nil, 0},
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 4}, 4},
		{[]time.Duration{100, 2, 1, 4}, 3},
	} {
		s := samples{}
		for _, d := range test.took {
			s[key{script, edit}] = append(s[key{script, edit}], sample{elapsed: d})
		}
		if got := s.median(script, edit, elapsed); got != test.want {
			t.Errorf("the median of %v is %v, want %v", test.took, got, test.want)
		}
	}
}

func TestTheShareIsToldLast(t *testing.T) {
	var out strings.Builder
	if err := writeTables(&out, taken(2100*time.Millisecond, 2150*time.Millisecond), []string{script, container}); err != nil {
		t.Fatal(err)
	}
	want := `
Median time on the clock, and how many times the script's:

             first run          second run         after an edit
     script     2.00 s   1.00×      2.00 s  1.00×         2.00 s  1.00×
  container    60.00 s  30.00×      2.10 s  1.05×         2.15 s  1.07×

Median time of the processors (user and system), and how many times the script's:

             first run         second run         after an edit
     script     1.00 s  1.00×      1.00 s  1.00×         1.00 s  1.00×
  container     3.00 s  3.00×      3.00 s  3.00×         3.00 s  3.00×

container over script: second run +0.10 s (+5.0 %), after an edit +0.15 s (+7.5 %)
share over script: 8 %
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		again, edited time.Duration
		want          []string
	}{
		{2 * time.Second, 1900 * time.Millisecond, nil},
		{2199 * time.Millisecond, 2199 * time.Millisecond, nil},
		{2200 * time.Millisecond, 2 * time.Second, []string{"second run: the module takes 0.20 s or 10.0 % more"}},
		{2500 * time.Millisecond, 3 * time.Second, []string{"second run: the module takes 0.50 s", "after an edit: the module takes 1.00 s"}},
	} {
		err := taken(test.again, test.edited).check()
		if (err != nil) != (len(test.want) > 0) {
			t.Errorf("%v, %v: %v, want %q", test.again, test.edited, err, test.want)
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is missing in: %v", want, err)
			}
		}
	}
}
