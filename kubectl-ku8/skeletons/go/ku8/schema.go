package ku8

// Property is the schema of one value, in the making.
type Property struct{ schema Object }

// Properties are the values of a schema, by name.
type Properties map[string]Property

// Integer is a whole number.
func Integer(title, description string) Property { return property("integer", title, description) }

// Text is a string.
func Text(title, description string) Property { return property("string", title, description) }

// Boolean is a switch.
func Boolean(title, description string) Property { return property("boolean", title, description) }

// SecretValue is a password, a token or a key: people write where it comes from, never the value itself.
func SecretValue(title, description string) Property {
	return Property{Object{"$ref": "#/$defs/secret", "title": title, "description": description}}.set("x-ku8-secret", true)
}

// Either an order to generate a value, once, or the place of one that is in a Secret already.
func secretShape() Object {
	text := Object{"type": "string", "minLength": 1}
	generate := Object{
		"length":   Object{"type": "integer", "minimum": 16, "maximum": 1024},
		"alphabet": Object{"enum": List{"alphanumeric", "hex", "base64"}},
	}
	return Object{"oneOf": List{
		closed(Object{"generate": closed(generate, "length")}, "generate"),
		closed(Object{"secretRef": closed(Object{"name": text, "key": text}, "name", "key")}, "secretRef"),
	}}
}

func closed(properties Object, required ...any) Object {
	return Object{"type": "object", "additionalProperties": false, "required": List(required), "properties": properties}
}

// Choice is one of several words.
func Choice(title, description string, words ...any) Property {
	return property("string", title, description).set("enum", List(words))
}

func property(kind, title, description string) Property {
	return Property{Object{"type": kind, "title": title, "description": description}}
}

func (p Property) set(key string, value any) Property {
	p.schema[key] = value
	return p
}

// Chinese adds the words for people who read Chinese.
func (p Property) Chinese(title, description string) Property {
	return p.set("x-ku8-i18n", chinese(title, description))
}

// Range bounds a number.
func (p Property) Range(least, most int) Property {
	return p.set("minimum", least).set("maximum", most)
}

// Pattern is a regular expression that texts match.
func (p Property) Pattern(pattern string) Property { return p.set("pattern", pattern) }

// Unit is what a number counts: "seconds", "MiB".
func (p Property) Unit(unit string) Property { return p.set("x-ku8-unit", unit) }

// Default is used where nothing is written.
func (p Property) Default(value any) Property { return p.set("default", value) }

// Generate lets the host make a value of so many characters, once, where nothing is written.
func (p Property) Generate(length int) Property {
	return p.Default(Object{"generate": Object{"length": length}})
}

// Immutable values cannot be changed once they are published.
func (p Property) Immutable() Property { return p.set("x-ku8-immutable", true) }

// Basic values are asked for first, Advanced ones on request, Expert ones never; order is the place among the others.
func (p Property) Basic(order int) Property { return p.group("basic", order) }

// Advanced: see Basic.
func (p Property) Advanced(order int) Property { return p.group("advanced", order) }

// Expert: see Basic.
func (p Property) Expert(order int) Property { return p.group("expert", order) }

func (p Property) group(word string, order int) Property {
	return p.set("x-ku8-group", word).set("x-ku8-order", order)
}

// Schema is the whole document; a value it does not know is refused.
func Schema(title, description, chineseTitle, chineseDescription string, properties Properties) Object {
	own := Object{}
	for name, property := range properties {
		own[name] = property.schema
	}
	return Object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
		"title": title, "description": description, "x-ku8-i18n": chinese(chineseTitle, chineseDescription),
		"properties": own, "additionalProperties": false, "$defs": Object{"secret": secretShape()},
	}
}

func chinese(title, description string) Object {
	return Object{"zh": Object{"title": title, "description": description}}
}
