package marker

import (
	"strings"
	"testing"
	"time"
)

var (
	digest = strings.Repeat("0123456789abcdef", 4)
	short  = strings.Repeat("0123456789ab", 2)
)

var began = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

func TestString(t *testing.T) {
	for _, test := range []struct {
		marker Marker
		want   string
	}{
		{Marker{Project: "web", Stack: "acme/prod"}, `<!-- iac {"v":1,"project":"web","stack":"acme/prod"} -->`},
		{Marker{Project: "web", Stack: "prod", Key: "nightly", Began: began}, `<!-- iac {"v":1,"project":"web","stack":"prod","key":"nightly","began":"2026-01-02T15:04:05.000Z"} -->`},
		{
			Marker{Project: "web", Stack: "prod", Began: began.Add(1_234_567).In(time.FixedZone("", 3600))},
			`<!-- iac {"v":1,"project":"web","stack":"prod","began":"2026-01-02T15:04:05.001Z"} -->`,
		},
		{Marker{Project: "--><b>", Stack: "a--b---c", Key: "-"}, `<!-- iac {"v":1,"project":"-\u002d\u003e\u003cb\u003e","stack":"a-\u002db-\u002d-c","key":"-"} -->`},
		{Marker{Project: "a\nb\r\x00\x7f", Stack: "\u202eä\u2028", Key: "🦊"}, `<!-- iac {"v":1,"project":"a\nb\r\u0000\u007f","stack":"\u202e\u00e4\u2028","key":"\ud83e\udd8a"} -->`},
		{Marker{Project: `"`, Stack: `\`, Key: "&"}, `<!-- iac {"v":1,"project":"\"","stack":"\\","key":"\u0026"} -->`},
		{
			Marker{Project: "web", Stack: "prod", Began: began, Plan: digest, Steps: short},
			`<!-- iac {"v":1,"project":"web","stack":"prod","began":"2026-01-02T15:04:05.000Z","plan":"` + digest + `","steps":"0123456789ab0123456789ab"} -->`,
		},
		{Marker{Project: "web", Stack: "prod", Verb: "up"}, `<!-- iac {"v":1,"project":"web","stack":"prod","key":"up/"} -->`},
		{Marker{Project: "web", Stack: "prod", Verb: "up", Key: "one"}, `<!-- iac {"v":1,"project":"web","stack":"prod","key":"up/one"} -->`},
		{Marker{Project: "web", Stack: "prod", Plan: digest}, `<!-- iac {"v":1,"project":"web","stack":"prod","plan":"` + digest + `"} -->`},
		{Marker{Project: "web", Stack: "prod", Plan: digest[1:], Steps: short}, `<!-- iac {"v":1,"project":"web","stack":"prod"} -->`},
		{Marker{Project: "web", Stack: "prod", Steps: short}, `<!-- iac {"v":1,"project":"web","stack":"prod"} -->`},
		{Marker{Project: strings.Repeat("x", 301)}, `<!-- iac {"v":1,"project":"sha256:e4c11e4fa5423893d1927ae29ada0b6e2da560b5fa44ddc2c09fcd4734a9d9a6","stack":""} -->`},
	} {
		if got := test.marker.String(); got != test.want {
			t.Errorf("%+v:\ngot  %s\nwant %s", test.marker, got, test.want)
		}
		if got, ok := Parse(test.want); !ok || got.String() != test.want || !got.Same(test.marker) {
			t.Errorf("%s is read as %+v, %t", test.want, got, ok)
		}
	}
}

// The version of iac says nothing about which comment it is, or what was reviewed, and stands last so that an older iac
// passes over it.
func TestTheVersionOfIac(t *testing.T) {
	m := Marker{Project: "web", Stack: "prod", Key: "one", Began: began, Plan: digest, Steps: short}
	with := m
	with.Iac = "1.2.3-->"
	line := with.String()
	if want := strings.TrimSuffix(m.String(), end) + `,"iac":"1.2.3-\u002d\u003e"} -->`; line != want {
		t.Errorf("got  %s\nwant %s", line, want)
	}
	if !m.Same(with) || m.Prefix() != with.Prefix() {
		t.Errorf("%s is about another comment than %s", line, m)
	}
	for _, line := range []string{line, strings.Replace(line, `"iac":"1.2.3-\u002d\u003e"`, `"iac":{"x":[1]}`, 1), strings.Replace(line, `"iac"`, `"IAC"`, 1)} {
		if got, ok := Parse(line); !ok || got != m {
			t.Errorf("%s is read as %+v, %t", line, got, ok)
		}
	}
	broken := strings.Replace(line, digest, digest[1:], 1)
	if got, ok := Parse(broken); !ok || got.Plan != "" || !got.Same(m) {
		t.Errorf("%s is read as %+v, %t", broken, got, ok)
	}
}

func TestOnlyAFirstLineThatIsAMarkerIsRead(t *testing.T) {
	line := Marker{Project: "web", Stack: "prod", Key: "one", Began: began}.String()
	for _, test := range []struct {
		name, body string
		want       bool
	}{
		{"the marker alone", line, true},
		{"the marker and more", line + "\n### Text", true},
		{"Windows line ends", line + "\r\n### Text\r\n", true},
		{"an older iac, which did not tell when the run began", Marker{Project: "web", Stack: "prod"}.String(), true},
		{"fields of a newer iac", strings.Replace(line, `"} -->`, `","digest":"ab","short":["c",{"d":1}]} -->`, 1), true},
		{"a line before", "\n" + line, false},
		{"in a code block", "```\n" + line + "\n```", false},
		{"text before", "x" + line, false},
		{"text after", line + " x", false},
		{"two carriage returns", line + "\r\r\n", false},
		{"a space before", " " + line, false},
		{"a space within", strings.Replace(line, `,"stack"`, `, "stack"`, 1), false},
		{"another version", strings.Replace(line, `"v":1`, `"v":2`, 1), false},
		{"no version", strings.Replace(line, `"v":1,`, "", 1), false},
		{"another order", `<!-- iac {"project":"web","stack":"prod","key":"one","v":1} -->`, false},
		{"an unknown field before a known one", strings.Replace(line, `"key"`, `"digest":"ab","key"`, 1), false},
		{"a field twice", strings.Replace(line, `"} -->`, `","project":"other"} -->`, 1), false},
		{"a field twice, in capitals", strings.Replace(line, `"} -->`, `","PROJECT":"other"} -->`, 1), false},
		{"a character that needs no escape", strings.Replace(line, "web", `w\u0065b`, 1), false},
		{"a character that needs one", strings.Replace(line, "web", "wéb", 1), false},
		{"the end of a comment in a field of a newer iac", strings.Replace(line, `"} -->`, `","x":"--"} -->`, 1), false},
		{"a time of another form", strings.Replace(line, "05.000Z", "05Z", 1), false},
		{"a time that is none", strings.Replace(line, "01-02T", "13-02T", 1), false},
		{"a name that is too long", `<!-- iac {"v":1,"project":"` + strings.Repeat("x", 301) + `","stack":""} -->`, false},
		{"no JSON", `<!-- iac {"v":1,} -->`, false},
		{"nothing", "", false},
	} {
		if _, got := Parse(test.body); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
}

func TestSameIsProjectStackAndKey(t *testing.T) {
	one := Marker{Project: "web", Stack: "prod", Key: "one", Began: began}
	for _, test := range []struct {
		name  string
		other Marker
		want  bool
	}{
		{"another time", Marker{Project: "web", Stack: "prod", Key: "one", Began: began.Add(time.Hour)}, true},
		{"no time", Marker{Project: "web", Stack: "prod", Key: "one"}, true},
		{"a plan", Marker{Project: "web", Stack: "prod", Key: "one", Began: began, Plan: digest, Steps: short}, true},
		{"another project", Marker{Project: "site", Stack: "prod", Key: "one", Began: began}, false},
		{"another stack", Marker{Project: "web", Stack: "dev", Key: "one", Began: began}, false},
		{"another verb", Marker{Project: "web", Stack: "prod", Key: "one", Verb: "up", Began: began}, false},
		{"another key", Marker{Project: "web", Stack: "prod", Key: "two", Began: began}, false},
		{"no key", Marker{Project: "web", Stack: "prod", Key: "", Began: began}, false},
	} {
		if got := one.Same(test.other); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
		if begins := strings.HasPrefix(test.other.String(), one.Prefix()); begins != test.want {
			t.Errorf("%s: %s begins with %s: %t", test.name, test.other, one.Prefix(), begins)
		}
	}
}

// A comment stays ours whatever is wrong with its plan, but then it has none.
func TestAPlanIsReadInItsFormOnly(t *testing.T) {
	with := func(more string) string { return `<!-- iac {"v":1,"project":"web","stack":"prod"` + more + `} -->` }
	plan, list := `,"plan":"`+digest+`"`, `,"steps":"`+short+`"`
	for _, test := range []struct{ name, line, plan, steps string }{
		{"both", with(plan + list), digest, short},
		{"no steps", with(plan), digest, ""},
		{"fields of a newer iac", with(plan + list + `,"x":1`), digest, short},
		{"300 steps", with(plan + `,"steps":"` + strings.Repeat(short, 150) + `"`), digest, strings.Repeat(short, 150)},
		{"301 steps", with(plan + `,"steps":"` + strings.Repeat(short, 150) + short[:12] + `"`), "", ""},
		{"steps alone", with(list), "", ""},
		{"a step cut off", with(plan + strings.Replace(list, "ab", "a", 1)), "", ""},
		{"no hexadecimal digit", with(strings.Replace(plan, "a", "g", 1)), "", ""},
		{"capitals", with(strings.Replace(plan, "a", "A", 1)), "", ""},
		{"a newline at the end", with(strings.Replace(plan, `f"`, `f\n"`, 1)), "", ""},
		{"too short", with(strings.Replace(plan, "0", "", 1)), "", ""},
		{"empty", with(`,"plan":""` + list), "", ""},
		{"another kind", with(`,"plan":{}` + list), "", ""},
		{"null", with(`,"plan":null` + list), "", ""},
		{"empty steps", with(plan + `,"steps":""`), "", ""},
		{"steps that are null", with(plan + `,"steps":null`), "", ""},
		{"steps of another kind", with(plan + `,"steps":[1]`), "", ""},
		{"another order", with(list + plan), "", ""},
		{"a field between", with(plan + `,"x":1` + list), "", ""},
		{"twice", with(plan + strings.Replace(plan, "0", "1", 1)), "", ""},
		{"twice, in capitals", with(plan + `,"PLAN":"` + digest[1:] + `0"`), "", ""},
		{"in capitals", with(strings.ToUpper(plan)), "", ""},
	} {
		m, ok := Parse(test.line)
		if !ok || m.Plan != test.plan || m.Steps != test.steps {
			t.Errorf("%s: got %+v, %t", test.name, m, ok)
		}
	}
}

// FuzzMarker checks that a marker is one hidden line, and is read as what was written.
func FuzzMarker(f *testing.F) {
	f.Add("web", "prod", "", "web", "prod", "x", int64(0), digest, short)
	f.Add("--", "-->", "<!--", "-", "--", "", int64(1), digest, "")
	f.Add(`","stack":"`, "", "", "", `","stack":"`, "", began.UnixMilli(), "", short)
	f.Add("\n", "\r", "\x00", "\u2028", "\u202e", "\ufeff", int64(-1), digest+"\n", "--")
	f.Add("\xff\xff", "", "", "\xfe", "", "", int64(0), digest, `"} -->`)
	f.Add(strings.Repeat("a", 400), strings.Repeat("\xff", 300), "", strings.Repeat("a", 401), "", "", int64(0), digest, strings.Repeat(short, 151))
	f.Fuzz(func(t *testing.T, p1, s1, k1, p2, s2, k2 string, ms int64, plan, steps string) {
		one := Marker{Project: p1, Stack: s1, Key: k1, Began: time.UnixMilli(ms % 1e14).UTC(), Plan: plan, Steps: steps}
		two := Marker{Project: p2, Stack: s2, Key: k2}
		line := one.String()
		inside := strings.TrimSuffix(strings.TrimPrefix(line, "<!--"), "-->")
		if len(inside) != len(line)-len("<!---->") || strings.ContainsAny(inside, "<>\r\n") || strings.Contains(inside, "--") {
			t.Errorf("%q is not one comment", line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is not printable ASCII", line)
		}
		got, ok := Parse(line + "\nbody")
		if !ok || got.String() != line || !got.Same(one) || !got.Began.Equal(one.Began) {
			t.Errorf("%q is read as %+v, %t", line, got, ok)
		}
		if got.Plan != "" && (got.Plan != plan || got.Steps != steps) || got.Plan == "" && got.Steps != "" {
			t.Errorf("%q has the plan %q, %q", line, got.Plan, got.Steps)
		}
		if one.Same(two) != (name(p1) == name(p2) && name(s1) == name(s2) && name(k1) == name(k2)) {
			t.Errorf("%q and %+v", line, two)
		}
	})
}

// FuzzParse checks that what is read was written in the one way in which it is written.
func FuzzParse(f *testing.F) {
	f.Add(Marker{Project: "web", Stack: "prod", Key: "one", Began: began}.String() + "\r\nbody")
	f.Add(`<!-- iac {"v":1,"project":"a","stack":"b","digest":"c"} -->`)
	f.Add(`<!-- iac {"v":1,"project":"a","stack":"b","Began":""} -->`)
	f.Add(Marker{Project: "web", Stack: "prod", Plan: digest, Steps: short}.String())
	f.Add(`<!-- iac {"v":1,"project":"a","stack":"b","plan":"` + digest + `","plan":[]} -->`)
	f.Fuzz(func(t *testing.T, body string) {
		m, ok := Parse(body)
		if !ok {
			return
		}
		again, ok := Parse(m.String())
		if !ok || again != m || !strings.HasPrefix(body, strings.TrimSuffix(m.String(), end)) {
			t.Errorf("%q is read as %+v, and that as %+v", body, m, again)
		}
	})
}
