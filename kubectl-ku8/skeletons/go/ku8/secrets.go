package ku8

// Secret is where a password, a token or a key comes from, as people write it. There is no value in it: the host makes
// or finds that, and puts it into a Secret.
type Secret struct {
	Generate  *Generate  `json:"generate,omitempty"`
	SecretRef *SecretRef `json:"secretRef,omitempty"`
}

// Generate is an order to the host: make so many characters, once.
type Generate struct {
	Length int `json:"length"`
	// Alphabet is alphanumeric, hex or base64.
	Alphabet string `json:"alphabet,omitempty"`
}

// SecretRef is the place of a value that is there already.
type SecretRef struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// Intent is a Secret that must exist, with where each key comes from.
type Intent struct {
	Name string            `json:"name"`
	Keys map[string]Secret `json:"keys"`
}

// Reference is how an output names a secret.
type Reference struct {
	Secret string `json:"secret"`
	Key    string `json:"key"`
}

// SecretKey is where a secret will be when the objects need it.
type SecretKey struct {
	Secret, Key string
	source      Secret
}

// In returns the place of the value: where it is already, or else the Secret and key it is generated into.
func (s Secret) In(name, key string) SecretKey {
	if s.SecretRef != nil {
		return SecretKey{s.SecretRef.Name, s.SecretRef.Key, s}
	}
	return SecretKey{name, key, s}
}

// Intent tells the host to see to it.
func (k SecretKey) Intent() Intent { return Intent{k.Secret, map[string]Secret{k.Key: k.source}} }

// Reference is for outputs.
func (k SecretKey) Reference() *Reference { return &Reference{k.Secret, k.Key} }

// Env is a variable of a container with the value, which only the pod sees.
func (k SecretKey) Env(variable string) Object {
	return Object{"name": variable, "valueFrom": Object{"secretKeyRef": Object{"name": k.Secret, "key": k.Key}}}
}
