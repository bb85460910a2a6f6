package report

import (
	"slices"
	"strings"
)

// Operation is what Pulumi does to a resource, in Pulumi's words.
type Operation string

// The operations that a step or a count can have.
const (
	Create            Operation = "create"
	Update            Operation = "update"
	Delete            Operation = "delete"
	Replace           Operation = "replace"
	Import            Operation = "import"
	ImportReplacement Operation = "import-replacement"
	CreateReplacement Operation = "create-replacement"
	DeleteReplaced    Operation = "delete-replaced"
	RemovePending     Operation = "remove-pending-replace"
	Refresh           Operation = "refresh"
	Read              Operation = "read"
	ReadReplacement   Operation = "read-replacement"
	Discard           Operation = "discard"
	DiscardReplaced   Operation = "discard-replaced"
	Same              Operation = "same"
)

// operations are all of Pulumi's, in the order of its summary, with the mark of its diff and our words for what
// will be and has been done. Those that change nothing are not counted.
var operations = []struct {
	operation           Operation
	mark, present, past string
	change              bool
}{
	{Create, "+", "create", "created", true},
	{Update, "~", "update", "updated", true},
	{Delete, "-", "delete", "deleted", true},
	{Replace, "+-", "replace", "replaced", true},
	{Import, "=", "import", "imported", true},
	{ImportReplacement, "=>", "import as replacement", "imported as replacement", true},
	{CreateReplacement, "++", "create as replacement", "created as replacement", true},
	{DeleteReplaced, "--", "delete after replacement", "deleted after replacement", true},
	{RemovePending, "~", "remove after replacement", "removed after replacement", true},
	{Refresh, "~", "refresh", "refreshed", false},
	{Read, ">", "read", "read", false},
	{ReadReplacement, ">>", "read as replacement", "read as replacement", false},
	{Discard, "<", "discard", "discarded", false},
	{DiscardReplaced, "<<", "discard after replacement", "discarded after replacement", false},
	{Same, " ", "leave", "left", false},
}

// index is the place of an operation in the table, or behind it for one of a newer Pulumi.
func (o Operation) index() int {
	for i := range operations {
		if operations[i].operation == o {
			return i
		}
	}
	return len(operations)
}

// Mark is how Pulumi's diff marks the operation; empty for one that is not known.
func (o Operation) Mark() string {
	if i := o.index(); i < len(operations) {
		return operations[i].mark
	}
	return ""
}

// Present and Past are words for what will be done and has been done.
func (o Operation) Present() string {
	if i := o.index(); i < len(operations) {
		return operations[i].present
	}
	return "change otherwise"
}

// Past is Present after the run.
func (o Operation) Past() string {
	if i := o.index(); i < len(operations) {
		return operations[i].past
	}
	return "changed otherwise"
}

// IsChange reports whether an operation changes a resource. One that is not known does.
func (o Operation) IsChange() bool {
	i := o.index()
	return i == len(operations) || operations[i].change
}

// Operations are all that are known, in order.
func Operations() []Operation {
	var out []Operation
	for _, o := range operations {
		out = append(out, o.operation)
	}
	return out
}

// counts gives the changes of a summary in order, and how many resources stay the same.
func counts(changes map[Operation]int) (out []Count, unchanged int) {
	for operation, n := range changes {
		if operation.IsChange() && n > 0 {
			out = append(out, Count{operation, n})
		}
	}
	slices.SortFunc(out, func(a, b Count) int {
		if i, j := a.Operation.index(), b.Operation.index(); i != j {
			return i - j
		}
		return strings.Compare(string(a.Operation), string(b.Operation))
	})
	return out, changes[Same]
}
