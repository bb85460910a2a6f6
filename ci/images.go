package main

// ghImage is where gh runs and where caches are copied. The gh module gets gh with the same image, so
// no other one is pulled; gh itself needs of it no more than the certificates.
const ghImage = "alpine"

// pulumiImage is the image of Pulumi's makers with the CLI and the language of a runtime, or the one
// with all languages.
func pulumiImage(runtime, version string) string {
	switch runtime {
	case "go", "nodejs", "python", "dotnet", "java":
		return "pulumi/pulumi-" + runtime + ":" + version
	case "yaml":
		return "pulumi/pulumi-base:" + version
	}
	return "pulumi/pulumi:" + version
}
