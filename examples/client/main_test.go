package main

import "testing"

func TestDecide(t *testing.T) {
	some := report{OK: true, Complete: true, Changes: 2, Digest: "abc", Counts: map[string]int{"create": 1, "update": 1}}
	with := func(change func(*report)) report {
		r := some
		change(&r)
		return r
	}
	loses := with(func(r *report) { r.Counts = map[string]int{"create": 1, "replace": 1} })
	for _, test := range []struct {
		name    string
		plan    report
		options options
		apply   bool
		err     string
	}{
		{"only shown", some, options{}, false, ""},
		{"applied", some, options{apply: true}, true, ""},
		{"nothing to change", report{OK: true, Complete: true}, options{apply: true}, false, ""},
		{"a loss", loses, options{apply: true}, false, "not applied: replace 1 needs -allow-loss"},
		{"a loss that is only shown", loses, options{}, false, ""},
		{"a loss that is allowed", loses, options{apply: true, allowLoss: true}, true, ""},
		{"an operation that is not known", with(func(r *report) { r.Counts = map[string]int{"forget": 1} }), options{apply: true}, false, "not applied: forget 1 needs -allow-loss"},
		{"not whole", with(func(r *report) { r.Complete = false }), options{apply: true, allowLoss: true}, false, "what would change is not fully known: Pulumi's event log is missing or not whole"},
		{"failed", report{ExitCode: 255}, options{apply: true}, false, "its preview failed"},
	} {
		apply, err := decide(test.plan, test.options)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if apply != test.apply || got != test.err {
			t.Errorf("%s: got %t, %q", test.name, apply, got)
		}
	}
}

func TestReadRefusesWhatIsNoStack(t *testing.T) {
	for _, args := range [][]string{{}, {"infra"}, {"=dev"}, {"infra="}, {"-apply"}} {
		if o, err := read(args); err == nil {
			t.Errorf("%q is read as %+v", args, o)
		}
	}
	o, err := read([]string{"-secret", "A", "-secret", "B", "-apply", "infra=org/shop/prod"})
	if err != nil || !o.apply || o.secrets.String() != "A B" || len(o.stacks) != 1 || o.stacks[0] != (stack{"infra", "org/shop/prod"}) {
		t.Errorf("got %+v, %v", o, err)
	}
}
