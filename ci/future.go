package main

// future is a value that is found out while the caller goes on.
type future[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// start begins to find out a value.
func start[T any](find func() (T, error)) *future[T] {
	f := &future[T]{done: make(chan struct{})}
	go func() {
		defer close(f.done)
		f.value, f.err = find()
	}()
	return f
}

// wait gives the value when it is there.
func (f *future[T]) wait() (T, error) {
	<-f.done
	return f.value, f.err
}
