package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"{{name}}/ku8"
)

// A request with the schema's defaults and some values in place of them.
func request(values ku8.Object) *ku8.Request {
	all := ku8.Object{}
	for name, property := range (Template{}).Schema()["properties"].(ku8.Object) {
		all[name] = property.(ku8.Object)["default"]
	}
	for name, value := range values {
		all[name] = value
	}
	text, _ := json.Marshal(all)
	asked := &ku8.Request{Name: "demo", Namespace: "prod", Values: text}
	asked.Images.RegistryMap = map[string]string{"docker.io": "mirror.example"}
	return asked
}

func TestDefaults(t *testing.T) {
	rendered, findings := Template{}.Render(request(nil))
	if findings != nil {
		t.Fatal(findings)
	}
	text, _ := json.Marshal(rendered.Manifests())
	if !strings.Contains(string(text), "mirror.example/nginxinc") {
		t.Error("the image comes from elsewhere: " + string(text))
	}
	wanted := []ku8.Intent{{Name: "demo-auth", Keys: map[string]ku8.Secret{"token": {Generate: &ku8.Generate{Length: 32}}}}}
	if !reflect.DeepEqual(rendered.Secrets, wanted) {
		t.Errorf("%+v", rendered.Secrets)
	}
}

func TestJudgement(t *testing.T) {
	if _, findings := (Template{}).Render(request(ku8.Object{"image": "nginx:latest"})); !findings.HasErrors() {
		t.Error("a tag that moves was accepted")
	}
	rendered, _ := Template{}.Render(request(ku8.Object{"replicas": 1}))
	if len(rendered.Warnings) != 1 || rendered.Warnings[0].Path != "/replicas" {
		t.Errorf("%+v", rendered.Warnings)
	}
}
