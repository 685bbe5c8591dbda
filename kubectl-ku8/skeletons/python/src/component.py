"""What the component exports: the contract's three functions, answered by the template."""

import json

import ku8
import template
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import provider as contract

SEVERITIES = {
    "info": contract.Severity.INFO,
    "warning": contract.Severity.WARNING,
    "error": contract.Severity.ERROR,
}


class Provider(exports.Provider):
    def metadata(self) -> str:
        return json.dumps(template.METADATA)

    def schema(self) -> str:
        return json.dumps(template.SCHEMA)

    def render(self, request: str) -> contract.Rendered:
        try:
            rendered = template.render(ku8.Request(json.loads(request)))
        except ku8.Refused as refused:
            raise Err([diagnostic(finding) for finding in refused.findings])
        except Exception as fault:
            # A template that fails refuses the values and says why.
            finding = ku8.error("", "kit.panic", f"the template has a fault: {fault!r}")
            raise Err([diagnostic(finding)])
        return contract.Rendered(
            objects=[contract.Object(id, stage, json.dumps(manifest)) for id, stage, manifest in rendered.objects],
            secrets=json.dumps(rendered.secrets),
            outputs=json.dumps(rendered.outputs),
            notes=rendered.notes,
            extensions="{}",
            warnings=[diagnostic(finding) for finding in rendered.warnings],
        )


def diagnostic(finding: ku8.Finding) -> contract.Diagnostic:
    severity = SEVERITIES[finding.severity]
    return contract.Diagnostic(severity, finding.path, finding.code, finding.message, finding.hint)
