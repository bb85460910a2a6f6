// Package lib is what the programs of the shop share.
package lib

// Tags are on every resource.
func Tags(stack string) map[string]string {
	return map[string]string{"team": "web", "stage": stack}
}
