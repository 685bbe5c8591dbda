// Package ku8 is the kit of a kubectl ku8 template: what one is asked, and what it answers.
// It is part of this project: read it, and change what does not fit.
package ku8

import (
	"encoding/json"
	"errors"
)

// Template is a pure function from a request to Kubernetes objects: the same request, the same objects. There is no
// clock, no chance, no file and no network to ask.
type Template interface {
	Metadata() Metadata
	// Schema is a JSON Schema (2020-12) of the values; the host checks them and fills in its defaults before Render.
	Schema() Object
	Render(*Request) (*Rendered, Findings)
}

var exported Template

// Export says which template this module is; once, from an init function.
func Export(template Template) { exported = template }

// Metadata is what a template says of itself.
type Metadata struct {
	Name        string      `json:"name"`
	Version     string      `json:"version"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	AppVersion  string      `json:"appVersion,omitempty"`
	Produces    []Kind      `json:"produces"`
	Rules       []Rule      `json:"rules,omitempty"`
	Operations  []Operation `json:"operations,omitempty"`
}

// Kind is a kind the template may render; the group of the core is empty.
type Kind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
}

// Rule is what a template judges by, under the code its findings carry.
type Rule struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Operation is something people do with what runs, in Markdown.
type Operation struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// Request is everything a render depends on.
type Request struct {
	// Name of the definition, at most 50 characters.
	Name      string          `json:"name"`
	Namespace string          `json:"namespace"`
	Values    json.RawMessage `json:"values"`
	Cluster   struct {
		// Version of Kubernetes: 1.36.
		Version string `json:"version"`
	} `json:"cluster"`
	// Previous is nil where nothing was published and no volume is left.
	Previous *Previous `json:"previous"`
	// Bindings are outputs of other definitions, by the name of the input.
	Bindings map[string]Object `json:"bindings"`
	Images   struct {
		RegistryMap map[string]string `json:"registryMap"`
		PullSecrets []string          `json:"pullSecrets"`
	} `json:"images"`
}

// Previous is what was there before; a template refuses a step that would lose data.
type Previous struct {
	Current   *State `json:"current"`
	Attempted *State `json:"attempted"`
	Observed  struct {
		Replicas map[string]int `json:"replicas"`
		PVCs     []string       `json:"pvcs"`
	} `json:"observed"`
}

// State is one earlier revision.
type State struct {
	TemplateVersion string          `json:"templateVersion"`
	Values          json.RawMessage `json:"values"`
}

// Read puts the values into a struct.
func (r *Request) Read(values any) Findings {
	err := json.Unmarshal(r.Values, values)
	var shape *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &shape):
		return Findings{Error(pointer(shape.Field), "kit.values.shape", "a "+shape.Value+" where a "+shape.Type.String()+" belongs")}
	default:
		return Findings{Error("", "kit.values.shape", err.Error())}
	}
}

// Rendered is the answer to a request.
type Rendered struct {
	Secrets  []Intent
	Outputs  []Output
	Notes    string
	Warnings Findings
	objects  []object
}

type object struct {
	id       string
	stage    uint32
	manifest Object
}

// Add appends an object. The id stays the same as long as the object means the same; lower stages are applied first,
// with a wait between.
func (r *Rendered) Add(id string, stage uint32, manifest Object) {
	r.objects = append(r.objects, object{id, stage, manifest})
}

// Manifests returns the objects as they were added, for tests.
func (r *Rendered) Manifests() []Object {
	var manifests []Object
	for _, object := range r.objects {
		manifests = append(manifests, object.manifest)
	}
	return manifests
}

// Output is how other definitions connect.
type Output struct {
	Name     string     `json:"name"`
	Type     string     `json:"type"`
	Host     string     `json:"host,omitempty"`
	Port     int        `json:"port,omitempty"`
	Database string     `json:"database,omitempty"`
	Username string     `json:"username,omitempty"`
	Password *Reference `json:"password,omitempty"`
	URI      string     `json:"uri,omitempty"`
}
