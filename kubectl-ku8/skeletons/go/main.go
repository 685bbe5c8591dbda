// A template: it turns values into the objects of a web server, and nothing else.
package main

import (
	"fmt"
	"strings"

	"{{name}}/ku8"
)

const (
	name    = "{{name}}"
	version = "0.1.0"
)

// Template is what this module exports.
type Template struct{}

func init() { ku8.Export(Template{}) }

// A library is never run, only called.
func main() {}

// Metadata says what the template is. Raise the version with every change you give away.
func (Template) Metadata() ku8.Metadata {
	return ku8.Metadata{
		Name:        name,
		Version:     version,
		Title:       "{{title}}",
		Description: "A web server with a token that only those who need it know.",
		AppVersion:  "1.29",
		Produces:    []ku8.Kind{{Group: "", Kind: "Service"}, {Group: "apps", Kind: "Deployment"}},
		Rules: []ku8.Rule{
			{Code: name + ".image.moving-tag", Text: "The image has a version of its own: latest may be another one tomorrow."},
			{Code: name + ".replicas.single", Text: "Warned: a single pod is away while its node is."},
		},
		Operations: []ku8.Operation{
			{Title: "A new version", Text: "Set `image` and publish: new pods come up before old ones go."},
		},
	}
}

// Values are what people write, with the defaults of the schema filled in.
type Values struct {
	Replicas int        `json:"replicas"`
	Image    string     `json:"image"`
	Memory   string     `json:"memory"`
	Port     int        `json:"port"`
	Token    ku8.Secret `json:"token"`
}

// Render returns the objects, or every reason why there are none.
func (Template) Render(request *ku8.Request) (*ku8.Rendered, ku8.Findings) {
	var values Values
	if findings := request.Read(&values); findings != nil {
		return nil, findings
	}
	findings := judge(values)
	if findings.HasErrors() {
		return nil, findings
	}

	server := ku8.Component{Template: name, Definition: request.Name, Name: "server", Namespace: request.Namespace}
	token := values.Token.In(request.Name+"-auth", "token")
	rendered := ku8.Rendered{
		Secrets:  []ku8.Intent{token.Intent()},
		Outputs:  []ku8.Output{output(request, values, token)},
		Notes:    notes(request, values, token),
		Warnings: findings,
	}
	rendered.Add("service/server", 0, service(request, server, values))
	rendered.Add("deployment/server", 0, deployment(request, server, values, token))
	return &rendered, nil
}

// What the schema cannot say about single values.
func judge(values Values) ku8.Findings {
	var findings ku8.Findings
	if strings.HasSuffix(values.Image, ":latest") {
		findings.Add(ku8.Error("/image", name+".image.moving-tag", "latest may be another image tomorrow").
			WithHint("name a version, such as 1.29"))
	}
	if values.Replicas == 1 {
		findings.Add(ku8.Warning("/replicas", name+".replicas.single", "a single pod is away while its node is").
			WithHint("2 pods, which are spread over nodes"))
	}
	return findings
}

func service(request *ku8.Request, server ku8.Component, values Values) ku8.Object {
	object := server.Object("v1", "Service", request.Name)
	object["spec"] = ku8.Object{
		"selector": server.Selector(),
		"ports":    ku8.List{ku8.Object{"name": "http", "port": values.Port, "targetPort": "http", "protocol": "TCP"}},
	}
	return object
}

func deployment(request *ku8.Request, server ku8.Component, values Values, token ku8.SecretKey) ku8.Object {
	container := ku8.Object{
		"name":            "server",
		"image":           request.Image(values.Image),
		"ports":           ku8.List{ku8.Object{"name": "http", "containerPort": 8080, "protocol": "TCP"}},
		"env":             ku8.List{token.Env("TOKEN")},
		"resources":       ku8.Resources("50m", values.Memory),
		"readinessProbe":  ku8.Object{"httpGet": ku8.Object{"path": "/", "port": "http"}, "periodSeconds": 5},
		"livenessProbe":   ku8.Object{"tcpSocket": ku8.Object{"port": "http"}, "periodSeconds": 20},
		"volumeMounts":    ku8.List{ku8.Object{"name": "tmp", "mountPath": "/tmp"}},
		"securityContext": ku8.ContainerSecurity(),
	}
	object := server.Object("apps/v1", "Deployment", request.Name)
	object["spec"] = ku8.Object{
		"replicas": values.Replicas,
		"selector": ku8.Object{"matchLabels": server.Selector()},
		"template": ku8.Object{
			"metadata": ku8.Object{"labels": server.Labels()},
			"spec": request.Pod(ku8.Object{
				"automountServiceAccountToken": false,
				"containers":                   ku8.List{container},
				"securityContext":              ku8.PodSecurity(101),
				"topologySpreadConstraints":    ku8.List{server.Spread()},
				"volumes":                      ku8.List{ku8.Object{"name": "tmp", "emptyDir": ku8.Object{"sizeLimit": "64Mi"}}},
			}),
		},
	}
	return object
}

// How other definitions connect; passwords and tokens by reference only.
func output(request *ku8.Request, values Values, token ku8.SecretKey) ku8.Output {
	return ku8.Output{
		Name:     "primary",
		Type:     "http",
		Host:     request.Host(),
		Port:     values.Port,
		URI:      fmt.Sprintf("http://%s:%d", request.Host(), values.Port),
		Password: token.Reference(),
	}
}

func notes(request *ku8.Request, values Values, token ku8.SecretKey) string {
	return fmt.Sprintf("Open `http://%s:%d`.\n\nThe token is in Secret `%s`, key `%s`.\n",
		request.Host(), values.Port, token.Secret, token.Key)
}
