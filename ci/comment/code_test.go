package comment

import "testing"

func TestSpan(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"name", "`name`"},
		{"", ""},
		{" ", ""},
		{"\n", ""},
		{"a`b", "``a`b``"},
		{"a``b`c", "```a``b`c```"},
		{"`a", "`` `a ``"},
		{"a`", "`` a` ``"},
		{"`", "`` ` ``"},
		{" a", "`  a `"},
		{"a ", "`a`"},
		{"a\nb\tc", "`a b c`"},
		{"a|b", "`a|b`"},
		{"</details>", "`</details>`"},
	} {
		if got := span(test.text); got != test.want {
			t.Errorf("%q became %q, want %q", test.text, got, test.want)
		}
	}
}

func TestBlock(t *testing.T) {
	for _, test := range []struct{ language, text, want string }{
		{"", "a", "```\na\n```"},
		{"diff", "+ a\n- b\n", "```diff\n+ a\n- b\n```"},
		{"", "```\na", "````\n```\na\n````"},
		{"", "a `````` b", "```````\na `````` b\n```````"},
	} {
		if got := block(test.language, test.text); got != test.want {
			t.Errorf("%q became %q, want %q", test.text, got, test.want)
		}
	}
}

func TestLink(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{"https://app.pulumi.com/acme/web/prod/previews/1?a=b&c=d#e", "[text](https://app.pulumi.com/acme/web/prod/previews/1?a=b&c=d#e)"},
		{"https://ci.example.com:8443/run/1", "[text](https://ci.example.com:8443/run/1)"},
		{"https://example.com/a b", "[text](https://example.com/a%20b)"},
		{"https://example.com/a)(b[c]<d>`e`|\\*_f", "[text](https://example.com/a%29%28b%5Bc%5D%3Cd%3E%60e%60%7C%5C%2A_f)"},
		{"https://example.com/ä", "[text](https://example.com/%C3%A4)"},
		{"https://example.com/%61", "[text](https://example.com/%61)"},
		{"https://example.com/&lt;", "[text](https://example.com/&lt%3B)"},
		{"https://example.com/?q=a)b\u202e", "[text](https://example.com/?q=a%29b%E2%80%AE)"},
		{"http://example.com/", ""},
		{"HTTPS://example.com/", "[text](https://example.com/)"},
		{"javascript:alert(1)", ""},
		{"https:example.com", ""},
		{"https://", ""},
		{"https://user@example.com/", ""},
		{"https://exa mple.com/", ""},
		{"https://exämple.com/", ""},
		{"https://[::1]/", ""},
		{"https://example.com/\nb", ""},
		{"https://example.com/%zz", ""},
		{"//example.com/", ""},
		{"", ""},
	} {
		if got := link("text", test.address, "https"); got != test.want {
			t.Errorf("%q became %q, want %q", test.address, got, test.want)
		}
	}
}
