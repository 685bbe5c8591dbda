package ku8

import "strings"

// Object is one JSON object, List one JSON array.
type (
	Object = map[string]any
	List   = []any
)

// Component names one part of a definition; every object of it takes its labels from here.
type Component struct {
	Template, Definition, Name, Namespace string
}

// Selector has the three labels that select pods. They never change: no version is among them.
func (c Component) Selector() Object {
	return Object{
		"app.kubernetes.io/name":      c.Template,
		"app.kubernetes.io/instance":  c.Definition,
		"app.kubernetes.io/component": c.Name,
	}
}

// Labels has those and two more, for objects and pods.
func (c Component) Labels() Object {
	labels := c.Selector()
	labels["app.kubernetes.io/part-of"] = c.Definition
	labels["app.kubernetes.io/managed-by"] = "ku8"
	return labels
}

// Object returns an object with its type and metadata; the caller adds the rest.
func (c Component) Object(apiVersion, kind, name string) Object {
	return Object{
		"apiVersion": apiVersion, "kind": kind,
		"metadata": Object{"name": name, "namespace": c.Namespace, "labels": c.Labels()},
	}
}

// Spread keeps pods apart where there are nodes enough.
func (c Component) Spread() Object {
	return Object{
		"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
		"labelSelector": Object{"matchLabels": c.Selector()},
	}
}

// PodSecurity is what Pod Security "restricted" asks of a pod.
func PodSecurity(user int) Object {
	return Object{
		"runAsNonRoot": true, "runAsUser": user, "runAsGroup": user, "fsGroup": user,
		"seccompProfile": Object{"type": "RuntimeDefault"},
	}
}

// ContainerSecurity is what it asks of a container.
func ContainerSecurity() Object {
	return Object{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
		"capabilities": Object{"drop": List{"ALL"}},
	}
}

// Resources reserves cpu and memory, and bounds memory.
func Resources(cpu, memory string) Object {
	return Object{"requests": Object{"cpu": cpu, "memory": memory}, "limits": Object{"memory": memory}}
}

// Image is where an image comes from here: a cluster without internet has mirrors. The longest prefix wins.
func (r *Request) Image(reference string) string {
	image, longest := reference, -1
	for from, to := range r.Images.RegistryMap {
		rest, found := strings.CutPrefix(reference, strings.TrimRight(from, "/"))
		if found && strings.HasPrefix(rest, "/") && len(from) > longest {
			image, longest = strings.TrimRight(to, "/")+rest, len(from)
		}
	}
	return image
}

// Pod adds to a pod what the host knows about pulling images.
func (r *Request) Pod(spec Object) Object {
	var secrets List
	for _, name := range r.Images.PullSecrets {
		secrets = append(secrets, Object{"name": name})
	}
	if secrets != nil {
		spec["imagePullSecrets"] = secrets
	}
	return spec
}

// Host is the name clients inside the cluster use for the Service of the definition's name.
func (r *Request) Host() string { return r.Name + "." + r.Namespace + ".svc" }
