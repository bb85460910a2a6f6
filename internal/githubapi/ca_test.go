package githubapi

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A gh without the proxy reaches an Enterprise Server at an address of its own, where it trusts the authority.
func TestGhReachesAnAddressOfItsOwn(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := free.Addr().String()
	_ = free.Close()
	made, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := made.Write(dir); err != nil {
		t.Fatal(err)
	}
	kept, err := ReadAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{Hosts: []string{host}, Listen: host, Authority: kept})
	s.AddUser(User{Token: "direct", Login: bot, Host: host})
	s.AddPullRequest(host+"/octo/infra", 7, "Move the queue")

	post := []string{"api", "repos/octo/infra/issues/7/comments", "-f", "body=hello"}
	variables := []string{"GH_HOST=" + host, "GH_ENTERPRISE_TOKEN=direct", "HTTPS_PROXY=", "SSL_CERT_FILE=" + filepath.Join(dir, certificateFile)}
	if got := gh(t, s, variables, post...); got.exit != 0 {
		t.Fatalf("%+v", got)
	}
	if comments := s.Comments(host+"/octo/infra", 7); len(comments) != 1 || comments[0].Body != "hello" {
		t.Errorf("the comments are %+v", comments)
	}

	other, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	strange := t.TempDir()
	if err := other.Write(strange); err != nil {
		t.Fatal(err)
	}
	variables[3] = "SSL_CERT_FILE=" + filepath.Join(strange, certificateFile)
	if got := gh(t, s, variables, post...); got.exit == 0 || !strings.Contains(got.stderr, "certificate") {
		t.Errorf("with another authority gh says %+v", got)
	}
}

func TestAnAuthorityThatIsNoneIsRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadAuthority(dir); err == nil {
		t.Error("an empty folder is read")
	}
	for _, name := range []string{certificateFile, keyFile} {
		if err := os.WriteFile(filepath.Join(dir, name), fmt.Appendf(nil, "no %s", name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ReadAuthority(dir); err == nil {
		t.Error("text is read")
	}
}
