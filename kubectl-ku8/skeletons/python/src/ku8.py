"""The kit of a kubectl ku8 template: words for schemas, findings, labels and secrets.

It is part of this project: read it, and change what does not fit. It knows no clock, no chance and no network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]

# ---- Findings: what a template has to say about values --------------------------------------------------------------


@dataclass
class Finding:
    severity: str
    # A JSON Pointer into the values; empty for all of them.
    path: str
    # Stable, and declared among the rules of the metadata: "web.image.moving-tag".
    code: str
    message: str
    # What to do instead.
    hint: str | None = None


def error(path: str, code: str, message: str, hint: str | None = None) -> Finding:
    """Refuses the values."""
    return Finding("error", path, code, message, hint)


def warning(path: str, code: str, message: str, hint: str | None = None) -> Finding:
    """Is shown in the plan and stops nothing."""
    return Finding("warning", path, code, message, hint)


def info(path: str, code: str, message: str, hint: str | None = None) -> Finding:
    """Is only pointed out."""
    return Finding("info", path, code, message, hint)


class Refused(Exception):
    """The values are refused, for these reasons."""

    def __init__(self, findings: list[Finding]):
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


def refuse(findings: list[Finding]) -> list[Finding]:
    """Raises all of them when one refuses the values; returns them otherwise, as warnings."""
    if any(finding.severity == "error" for finding in findings):
        raise Refused(findings)
    return findings


# ---- Requests and answers -------------------------------------------------------------------------------------------


class Request:
    """Everything a render depends on."""

    def __init__(self, document: Object):
        self.name: str = document["name"]
        self.namespace: str = document["namespace"]
        # Checked by the schema, with its defaults filled in.
        self.values: Object = document["values"]
        # Version of Kubernetes: 1.36.
        self.kubernetes: str = document["cluster"]["version"]
        # None where nothing was published and no volume is left.
        self.previous: Object | None = document["previous"]
        # Outputs of other definitions, by the name of the input.
        self.bindings: Object = document["bindings"]
        self._images: Object = document["images"]

    @property
    def host(self) -> str:
        """The name clients inside the cluster use for the Service of the definition's name."""
        return f"{self.name}.{self.namespace}.svc"

    def image(self, reference: str) -> str:
        """Where an image comes from here: a cluster without internet has mirrors. The longest prefix wins."""
        found, longest = reference, -1
        for origin, mirror in self._images["registryMap"].items():
            prefix = origin.rstrip("/")
            if reference.startswith(prefix + "/") and len(origin) > longest:
                found, longest = mirror.rstrip("/") + reference[len(prefix) :], len(origin)
        return found

    def pull_secrets(self) -> Object:
        """What a pod needs to pull its images."""
        names = [{"name": name} for name in self._images["pullSecrets"]]
        return {"imagePullSecrets": names} if names else {}


@dataclass
class Rendered:
    """The answer to a request."""

    # Id, stage and manifest. An id stays the same as long as the object means the same; lower stages are applied
    # first, with a wait between.
    objects: list[tuple[str, int, Object]]
    secrets: list[Object] = field(default_factory=list)
    outputs: list[Object] = field(default_factory=list)
    notes: str = ""
    warnings: list[Finding] = field(default_factory=list)


# ---- Schemas: which values there are --------------------------------------------------------------------------------


class Property:
    """The schema of one value, in the making."""

    def __init__(self, schema: Object):
        self.schema = schema

    def set(self, key: str, value: Any) -> Property:
        self.schema[key] = value
        return self

    def chinese(self, title: str, description: str) -> Property:
        """The words for people who read Chinese."""
        return self.set("x-ku8-i18n", {"zh": {"title": title, "description": description}})

    def range(self, least: int, most: int) -> Property:
        return self.set("minimum", least).set("maximum", most)

    def pattern(self, pattern: str) -> Property:
        return self.set("pattern", pattern)

    def unit(self, unit: str) -> Property:
        """What a number counts: "seconds", "MiB"."""
        return self.set("x-ku8-unit", unit)

    def default(self, value: Any) -> Property:
        """Used where nothing is written."""
        return self.set("default", value)

    def generate(self, length: int) -> Property:
        """For a secret: the host makes so many characters, once, where nothing is written."""
        return self.default({"generate": {"length": length}})

    def immutable(self) -> Property:
        """Cannot be changed once it is published."""
        return self.set("x-ku8-immutable", True)

    def basic(self, order: int) -> Property:
        """Asked for first; the order is the place among the others."""
        return self.set("x-ku8-group", "basic").set("x-ku8-order", order)

    def advanced(self, order: int) -> Property:
        """Asked for on request."""
        return self.set("x-ku8-group", "advanced").set("x-ku8-order", order)

    def expert(self, order: int) -> Property:
        """Never asked for."""
        return self.set("x-ku8-group", "expert").set("x-ku8-order", order)


def integer(title: str, description: str) -> Property:
    return Property({"type": "integer", "title": title, "description": description})


def text(title: str, description: str) -> Property:
    return Property({"type": "string", "title": title, "description": description})


def boolean(title: str, description: str) -> Property:
    return Property({"type": "boolean", "title": title, "description": description})


def choice(words: list[str], title: str, description: str) -> Property:
    """One of several words."""
    return text(title, description).set("enum", words)


def secret(title: str, description: str) -> Property:
    """A password, a token or a key: people write where it comes from, never the value itself."""
    schema = {"$ref": "#/$defs/secret", "title": title, "description": description}
    return Property(schema).set("x-ku8-secret", True)


def _closed(properties: Object, required: list[str]) -> Object:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}


def _secret_shape() -> Object:
    some = {"type": "string", "minLength": 1}
    generate = {
        "length": {"type": "integer", "minimum": 16, "maximum": 1024},
        "alphabet": {"enum": ["alphanumeric", "hex", "base64"]},
    }
    made = _closed({"generate": _closed(generate, ["length"])}, ["generate"])
    there = _closed({"secretRef": _closed({"name": some, "key": some}, ["name", "key"])}, ["secretRef"])
    return {"oneOf": [made, there]}


def schema_of(words: Object, chinese: Object, properties: dict[str, Property]) -> Object:
    """The whole schema; a value it does not know is refused."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        **words,
        "x-ku8-i18n": {"zh": chinese},
        "properties": {name: property.schema for name, property in properties.items()},
        "additionalProperties": False,
        "$defs": {"secret": _secret_shape()},
    }


# ---- Objects --------------------------------------------------------------------------------------------------------


class Component:
    """One part of a definition; every object of it takes its labels from here."""

    def __init__(self, template: str, request: Request, name: str):
        self.template, self.definition = template, request.name
        self.namespace, self.name = request.namespace, name

    def selector(self) -> Object:
        """The three labels that select pods. They never change: no version is among them."""
        return {
            "app.kubernetes.io/name": self.template,
            "app.kubernetes.io/instance": self.definition,
            "app.kubernetes.io/component": self.name,
        }

    def labels(self) -> Object:
        """Those and two more, for objects and pods."""
        return self.selector() | {
            "app.kubernetes.io/part-of": self.definition,
            "app.kubernetes.io/managed-by": "ku8",
        }

    def object(self, api_version: str, kind: str, name: str) -> Object:
        """An object with its type and metadata; the caller adds the rest."""
        metadata = {"name": name, "namespace": self.namespace, "labels": self.labels()}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata}

    def spread(self) -> Object:
        """Keeps pods apart where there are nodes enough."""
        return {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": self.selector()},
        }


def pod_security(user: int) -> Object:
    """What Pod Security "restricted" asks of a pod."""
    ids = {"runAsUser": user, "runAsGroup": user, "fsGroup": user}
    return {"runAsNonRoot": True, **ids, "seccompProfile": {"type": "RuntimeDefault"}}


def container_security() -> Object:
    """What it asks of a container."""
    capabilities = {"drop": ["ALL"]}
    return {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": capabilities}


def resources(cpu: str, memory: str) -> Object:
    """Reserves cpu and memory, and bounds memory."""
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}


# ---- Secrets: where they come from, never what they are -------------------------------------------------------------


@dataclass
class SecretKey:
    """Where a secret will be when the objects need it."""

    secret: str
    key: str
    source: Object

    def intent(self) -> Object:
        """Tells the host to see to it."""
        return {"name": self.secret, "keys": {self.key: self.source}}

    def reference(self) -> Object:
        """For outputs."""
        return {"secret": self.secret, "key": self.key}

    def env(self, name: str) -> Object:
        """A variable of a container with the value, which only the pod sees."""
        return {"name": name, "valueFrom": {"secretKeyRef": {"name": self.secret, "key": self.key}}}


def secret_in(value: Object, name: str, key: str) -> SecretKey:
    """The place of a secret value: where it is already, or else the Secret and key it is generated into."""
    there = value.get("secretRef")
    return SecretKey(there["name"], there["key"], value) if there else SecretKey(name, key, value)
