package mask

// finder finds all places of many texts in one pass over another one, however many they are: the automaton
// of Aho and Corasick. A nil *finder finds nothing.
type finder struct {
	// nodes are the beginnings of the texts. The first is the empty one.
	nodes []node
	// one and two are the nodes of one byte and of two, 0 where there is none. Nearly all of a text that has
	// nothing to find is passed with these.
	one [1 << 8]int32
	two [1 << 16]int32
	// tiny is true where one of the texts is a single byte.
	tiny bool
}

type node struct {
	// child is the first of the nodes that are one byte longer, sibling the next one of the same beginning.
	child, sibling int32
	// fail is the longest node that this one ends with.
	fail int32
	// longest is the length of the longest text that this node ends with.
	longest int32
	last    byte
	// isOne is true for a node of one byte.
	isOne bool
}

// newFinder takes texts that are sorted and not empty.
func newFinder(texts []string) *finder {
	if len(texts) == 0 {
		return nil
	}
	f := &finder{nodes: make([]node, 1)}
	for _, text := range texts {
		f.insert(text)
	}
	f.link()
	return f
}

func (f *finder) insert(text string) {
	at := int32(0)
	for i := range len(text) {
		// Of sorted texts, the last one that was inserted shares the longest beginning.
		next := f.nodes[at].child
		if next == 0 || f.nodes[next].last != text[i] {
			f.nodes = append(f.nodes, node{last: text[i], sibling: next})
			next = int32(len(f.nodes) - 1)
			f.nodes[at].child = next
		}
		at = next
	}
	f.nodes[at].longest = int32(len(text))
	first := f.nodes[0].child
	f.nodes[first].isOne = true
	f.one[text[0]] = first
	if len(text) == 1 {
		f.tiny = true
		return
	}
	f.two[pair(text[0], text[1])] = f.nodes[first].child
}

// link finds where to go on when a node has no child for a byte, from the short nodes to the long ones.
func (f *finder) link() {
	var queue []int32
	for c := f.nodes[0].child; c != 0; c = f.nodes[c].sibling {
		queue = append(queue, c)
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for c := f.nodes[at].child; c != 0; c = f.nodes[c].sibling {
			fail := f.next(f.nodes[at].fail, f.nodes[c].last)
			f.nodes[c].fail = fail
			f.nodes[c].longest = max(f.nodes[c].longest, f.nodes[fail].longest)
			queue = append(queue, c)
		}
	}
}

// next gives the longest node that ends with the node at and the byte b.
func (f *finder) next(at int32, b byte) int32 {
	for at != 0 {
		if f.nodes[at].isOne {
			if c := f.two[pair(f.nodes[at].last, b)]; c != 0 {
				return c
			}
			break
		}
		for c := f.nodes[at].child; c != 0; c = f.nodes[c].sibling {
			if f.nodes[c].last == b {
				return c
			}
		}
		at = f.nodes[at].fail
	}
	return f.one[b]
}

// find gives the stretches of s that the texts cover, in order, those that overlap or touch as one.
func (f *finder) find(s string) (covered []span) {
	if f == nil {
		return nil
	}
	at := int32(0)
	for i := 0; i < len(s); i++ {
		for at == 0 && !f.tiny && i+1 < len(s) && f.two[pair(s[i], s[i+1])] == 0 {
			i++
		}
		at = f.next(at, s[i])
		if n := f.nodes[at].longest; n > 0 {
			covered = add(covered, span{i + 1 - int(n), i + 1})
		}
	}
	return covered
}

func pair(a, b byte) uint16 { return uint16(a)<<8 | uint16(b) }
