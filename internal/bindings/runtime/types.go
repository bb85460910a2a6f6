package dagger

import core "dagger.io/dagger"

// ID stands for the types of the API here; a module has all of them.
type ID = core.ID
