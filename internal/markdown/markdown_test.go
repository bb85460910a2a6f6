package markdown

import (
	"strings"
	"testing"
)

// Each row is shown by GitHub in this way.
func TestHTML(t *testing.T) {
	for _, test := range []struct{ name, markdown, want string }{
		{"a line break stays one", "a\nb", "<p>a<br/>\nb</p>"},
		{"text", "**a** `b` ~~c~~", "<p><strong>a</strong> <code>b</code> <del>c</del></p>"},
		{"table", "| a | b |\n| ---: | - |\n| 1 | 2 |",
			`<table><thead><tr><th align="right">a</th><th>b</th></tr></thead><tbody><tr><td align="right">1</td><td>2</td></tr></tbody></table>`},
		{"alert", "> [!CAUTION]\n> text\n>\n> - a",
			`<div class="markdown-alert markdown-alert-caution"><p class="markdown-alert-title">Caution</p><p>text</p><ul><li>a</li></ul></div>`},
		{"alert in one paragraph alone", "> [!NOTE]",
			`<div class="markdown-alert markdown-alert-note"><p class="markdown-alert-title">Note</p><p></p></div>`},
		{"no alert", "> [!CAUTION] text", "<blockquote><p>[!CAUTION] text</p></blockquote>"},
		{"no alert within another element", "<details>\n\n> [!CAUTION]\n> text\n\n</details>", "<details><blockquote><p>[!CAUTION]<br/>\ntext</p></blockquote></details>"},
		{"no such alert", "> [!DANGER]\n> text", "<blockquote><p>[!DANGER]<br/>\ntext</p></blockquote>"},
		{"details", "<details open>\n<summary>a</summary>\n\n**b**\n\n</details>",
			`<details open=""><summary>a</summary><p><strong>b</strong></p></details>`},
		{"sub", "<sub>a `b`</sub>", "<p><sub>a <code>b</code></sub></p>"},
		{"comment", "<!-- hidden -->\ntext", "<p>text</p>"},
		{"script", "<script>alert(1)</script>\n\na<style>b</style>", "<p>a</p>"},
		{"attributes", `<a href="https://e.com" onclick="x" style="y">a</a>`, `<p><a href="https://e.com">a</a></p>`},
		{"scheme", `<a href="javascript:x">a</a> [b](javascript:x)`, `<p><a>a</a> <a>b</a></p>`},
		{"unknown element", "<marquee>a **b**</marquee>", "<p>a <strong>b</strong></p>"},
		{"text field", `a<input type="text">b`, "<p>ab</p>"},
		{"image", `<img src=x onerror=alert(1)>`, `<img src="x"/>`},
		{"mention", "@octocat (@acme/team) a@b.c `@code`",
			`<p><a class="user-mention" href="#octocat">@octocat</a> (<a class="user-mention" href="#acme/team">@acme/team</a>) <a href="mailto:a@b.c">a@b.c</a> <code>@code</code></p>`},
		{"references", "#1, GH-2, a/b#3 `#4`",
			`<p><a class="issue-link" href="#1">#1</a>, <a class="issue-link" href="#GH-2">GH-2</a>, <a class="issue-link" href="#a/b#3">a/b#3</a> <code>#4</code></p>`},
		{"commit", "0123456789012345678901234567890123456789",
			`<p><a class="commit-link" href="#0123456789012345678901234567890123456789">0123456789012345678901234567890123456789</a></p>`},
		{"autolink", "https://e.com/ www.e.com `https://e.com`",
			`<p><a href="https://e.com/">https://e.com/</a> <a href="http://www.e.com">www.e.com</a> <code>https://e.com</code></p>`},
		{"diff", "```diff\n+ a\n- b\n! c\n@@ d @@\n# e\n  + <f>\n\n```",
			`<pre><code class="language-diff"><span class="diff-add">+ a` + "\n" + `</span><span class="diff-delete">- b` + "\n" +
				`</span><span class="diff-change">! c` + "\n" + `</span><span class="diff-hunk">@@ d @@` + "\n" +
				`</span><span class="diff-note"># e` + "\n" + `</span>  + &lt;f&gt;` + "\n\n</code></pre>"},
		{"another language", "```go\n+ a\n```", "<pre><code class=\"language-go\">+ a\n</code></pre>"},
		{"empty diff", "```diff\n```", `<pre><code class="language-diff"></code></pre>`},
	} {
		got, err := HTML(test.markdown)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if oneLine(got) != oneLine(test.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, oneLine(got), oneLine(test.want))
		}
	}
}

// oneLine takes out the line breaks between elements.
func oneLine(html string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(html, ">\n<", "><"), ">\n<", "><"))
}
