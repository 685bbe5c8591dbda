package ku8

import "strings"

// Severity is how much a finding matters.
type Severity uint8

const (
	// SeverityInfo is worth knowing.
	SeverityInfo Severity = iota
	// SeverityWarning works, and will probably be regretted.
	SeverityWarning
	// SeverityError refuses the values.
	SeverityError
)

// Finding is one thing to tell about the values.
type Finding struct {
	Severity Severity
	// Path is a JSON Pointer into the values; empty for all of them.
	Path string
	// Code is stable, and declared among the rules of the metadata: "web.image.moving-tag".
	Code    string
	Message string
	// Hint is what to do instead.
	Hint string
}

// Findings are several, in their order.
type Findings []Finding

// Error refuses the values.
func Error(path, code, message string) Finding {
	return Finding{Severity: SeverityError, Path: path, Code: code, Message: message}
}

// Warning is shown in the plan and stops nothing.
func Warning(path, code, message string) Finding {
	return Finding{Severity: SeverityWarning, Path: path, Code: code, Message: message}
}

// Info is only pointed out.
func Info(path, code, message string) Finding {
	return Finding{Severity: SeverityInfo, Path: path, Code: code, Message: message}
}

// WithHint says what to do instead.
func (f Finding) WithHint(hint string) Finding {
	f.Hint = hint
	return f
}

// Add appends one.
func (f *Findings) Add(finding Finding) { *f = append(*f, finding) }

// HasErrors says whether one of them refuses the values.
func (f Findings) HasErrors() bool {
	for _, finding := range f {
		if finding.Severity == SeverityError {
			return true
		}
	}
	return false
}

// pointer turns a path of encoding/json, a.b, into a JSON Pointer, /a/b.
func pointer(field string) string {
	if field == "" {
		return ""
	}
	return "/" + strings.ReplaceAll(field, ".", "/")
}
