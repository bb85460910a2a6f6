package main

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
