package comment

import (
	"strings"
	"testing"
)

func TestMarker(t *testing.T) {
	for _, test := range []struct {
		id   ID
		want string
	}{
		{ID{"web", "acme/prod", ""}, `<!-- iac {"v":1,"project":"web","stack":"acme/prod"} -->`},
		{ID{"web", "prod", "nightly"}, `<!-- iac {"v":1,"project":"web","stack":"prod","key":"nightly"} -->`},
		{ID{"--><b>", "a--b---c", "-"}, `<!-- iac {"v":1,"project":"-\u002d\u003e\u003cb\u003e","stack":"a-\u002db-\u002d-c","key":"-"} -->`},
		{ID{"a\nb\r\x00\x7f", "\u202eä\u2028", "🦊"}, `<!-- iac {"v":1,"project":"a\nb\r\u0000\u007f","stack":"\u202e\u00e4\u2028","key":"\ud83e\udd8a"} -->`},
		{ID{`"`, `\`, "&"}, `<!-- iac {"v":1,"project":"\"","stack":"\\","key":"\u0026"} -->`},
		{ID{strings.Repeat("x", 301), "", ""}, `<!-- iac {"v":1,"project":"sha256:e4c11e4fa5423893d1927ae29ada0b6e2da560b5fa44ddc2c09fcd4734a9d9a6","stack":""} -->`},
	} {
		if got := Marker(test.id); got != test.want {
			t.Errorf("%+v:\ngot  %s\nwant %s", test.id, got, test.want)
		}
		if !strings.HasPrefix(test.want, MarkerPrefix()) {
			t.Errorf("%s does not begin with %s", test.want, MarkerPrefix())
		}
	}
}

func TestACommentIsRecognisedByItsFirstLineOnly(t *testing.T) {
	id := ID{"web", "prod", "one"}
	marker := Marker(id)
	for _, test := range []struct {
		name, body string
		want       bool
	}{
		{"the marker alone", marker, true},
		{"the marker and more", marker + "\n### Text", true},
		{"Windows line ends", marker + "\r\n### Text\r\n", true},
		{"a line before", "\n" + marker, false},
		{"in a code block", "```\n" + marker + "\n```", false},
		{"text before", "x" + marker, false},
		{"text after", marker + " x", false},
		{"a space before", " " + marker, false},
		{"another key", Marker(ID{"web", "prod", "two"}), false},
		{"no key", Marker(ID{"web", "prod", ""}), false},
		{"another version", strings.Replace(marker, `"v":1`, `"v":2`, 1), false},
		{"another order", `<!-- iac {"project":"web","stack":"prod","key":"one","v":1} -->`, false},
		{"one field more", strings.Replace(marker, `"}`, `","x":1}`, 1), false},
		{"nothing", "", false},
	} {
		if got := IsFor(test.body, id); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
}

// FuzzMarker checks that a marker is one hidden line, and is recognised for its own ID and no other.
func FuzzMarker(f *testing.F) {
	f.Add("web", "prod", "", "web", "prod", "x")
	f.Add("--", "-->", "<!--", "-", "--", "")
	f.Add(`","stack":"`, "", "", "", `","stack":"`, "")
	f.Add("\n", "\r", "\x00", "\u2028", "\u202e", "\ufeff")
	f.Add("\xff", "", "", "\xfe", "", "")
	f.Add(strings.Repeat("a", 400), "", "", strings.Repeat("a", 401), "", "")
	f.Fuzz(func(t *testing.T, p1, s1, k1, p2, s2, k2 string) {
		one, two := ID{p1, s1, k1}, ID{p2, s2, k2}
		marker := Marker(one)
		inside := strings.TrimSuffix(strings.TrimPrefix(marker, "<!--"), "-->")
		if len(inside) != len(marker)-len("<!---->") || strings.ContainsAny(inside, "<>\r\n") || strings.Contains(inside, "--") {
			t.Errorf("%q is not one comment", marker)
		}
		if strings.ContainsFunc(marker, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is not printable ASCII", marker)
		}
		if !IsFor(marker+"\nbody", one) {
			t.Errorf("%q is not recognised", marker)
		}
		if IsFor(marker, two) != (asText(one) == asText(two)) {
			t.Errorf("%q and %+v", marker, two)
		}
	})
}

// asText is an ID as JSON keeps it: bytes that are no UTF-8 are all the same there.
func asText(id ID) ID {
	valid := func(s string) string { return string([]rune(s)) }
	return ID{valid(id.Project), valid(id.Stack), valid(id.Key)}
}
