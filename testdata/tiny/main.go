// Tiny has no resources.
package main

import "fmt"

func main() {
	fmt.Println("nothing to do")
}
