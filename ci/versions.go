package main

// The versions of iac and of what it runs stand here, and nowhere else in this module. Where a file outside of it has to
// repeat one, internal/versions checks that it is the same; renovate.json raises all of them at once.
const (
	// release is the version of iac itself, as CHANGELOG.md has it.
	release = "0.1.0"
	// pulumiRelease is the Pulumi CLI that runs where no other one is asked for.
	pulumiRelease = "3.259.0"
	// ghRelease is the GitHub CLI that publishes comments where no other one is asked for.
	ghRelease = "2.89.0"
	// ghImage is where gh runs and where caches are copied. The gh module gets gh with the same image by
	// the same name, so no other one is pulled; gh itself needs of it no more than the certificates.
	ghImage = "alpine"
)

// Prints the version of iac
func (m *Iac) Version() string { return release }
