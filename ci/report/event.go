package report

import "encoding/json"

// event is one line of the log, with the fields that are used here. Others are passed over, such as errorEvent, which is
// Pulumi's note to itself about the state.
type event struct {
	Sequence    *int64           `json:"sequence"`
	ResourcePre *resourceEvent   `json:"resourcePreEvent"`
	ResOutputs  *resourceEvent   `json:"resOutputsEvent"`
	ResOpFailed *resourceEvent   `json:"resOpFailedEvent"`
	Diagnostic  *diagnosticEvent `json:"diagnosticEvent"`
	Policy      *policyEvent     `json:"policyEvent"`
	Remediation *policyEvent     `json:"policyRemediationEvent"`
	Summary     *summaryEvent    `json:"summaryEvent"`
	Cancel      *struct{}        `json:"cancelEvent"`
}

type resourceEvent struct {
	Metadata metadata `json:"metadata"`
	Planning bool     `json:"planning"`
}

// metadata is a step of Pulumi's.
type metadata struct {
	Op   Operation `json:"op"`
	URN  string    `json:"urn"`
	Type string    `json:"type"`
	Old  *state    `json:"old"`
	New  *state    `json:"new"`
	// Keys are the properties that force a replacement, Diffs those that changed.
	Keys         []string              `json:"keys"`
	Diffs        []string              `json:"diffs"`
	DetailedDiff map[string]diffDetail `json:"detailedDiff"`
	// Logical is false for the parts of a replacement, and for what a refresh found.
	Logical bool `json:"logical"`
}

// restates reports whether a resource stays as it is and only what the state keeps of it changes.
func (m *metadata) restates() bool {
	return m.Op == Same && m.Old != nil && m.New != nil && !isDefaultProvider(m.URN) &&
		(m.Old.URN != m.New.URN || m.Old.Protect != m.New.Protect || m.Old.RetainOnDelete != m.New.RetainOnDelete)
}

type diffDetail struct {
	Kind string `json:"diffKind"`
}

// state is a resource before or after a step.
type state struct {
	URN string `json:"urn"`
	ID  string `json:"id"`
	// Custom is true for a resource that a provider manages, false for a component.
	Custom bool `json:"custom"`
	// Delete is true for a resource that was replaced and is still there.
	Delete         bool            `json:"delete"`
	Protect        bool            `json:"protect"`
	RetainOnDelete bool            `json:"retainOnDelete"`
	Provider       string          `json:"provider"`
	Inputs         json.RawMessage `json:"inputs"`
	Outputs        json.RawMessage `json:"outputs"`
}

type diagnosticEvent struct {
	URN       string `json:"urn"`
	Message   string `json:"message"`
	Severity  string `json:"severity"`
	Ephemeral bool   `json:"ephemeral"`
}

// policyEvent is a violation or, without a message, what a policy has mended.
type policyEvent struct {
	ResourceURN      string `json:"resourceUrn"`
	Message          string `json:"message"`
	PolicyName       string `json:"policyName"`
	PolicyPackName   string `json:"policyPackName"`
	EnforcementLevel string `json:"enforcementLevel"`
	Severity         string `json:"severity"`
}

type summaryEvent struct {
	DurationSeconds int               `json:"durationSeconds"`
	ResourceChanges map[Operation]int `json:"resourceChanges"`
	IsPreview       bool              `json:"isPreview"`
	Result          Result            `json:"result"`
}
