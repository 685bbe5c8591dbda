"""A template: it turns values into the objects of a web server, and nothing else."""

import ku8
from ku8 import Object

NAME = "{{name}}"
DESCRIPTION = "A web server with a token that only those who need it know."

# What the template is. Raise the version with every change you give away.
METADATA = {
    "name": NAME,
    "version": "0.1.0",
    "title": "{{title}}",
    "description": DESCRIPTION,
    "appVersion": "1.29",
    "produces": [{"group": "", "kind": "Service"}, {"group": "apps", "kind": "Deployment"}],
    "rules": [
        {
            "code": f"{NAME}.image.moving-tag",
            "text": "The image has a version of its own: latest may be another one tomorrow.",
        },
        {"code": f"{NAME}.replicas.single", "text": "Warned: a single pod is away while its node is."},
    ],
    "operations": [
        {"title": "A new version", "text": "Set `image` and publish: new pods come up before old ones go."},
    ],
}

# Which values there are: their words in English and Chinese, bounds and defaults. Single values are judged here; what
# depends on several of them is judged in judge.
SCHEMA = ku8.schema_of(
    {"title": "{{title}}", "description": DESCRIPTION},
    {"title": "{{title}}", "description": "带有令牌的 Web 服务器，只有需要的人才知道令牌。"},
    {
        "replicas": ku8.integer("Pods", "Pods that answer at the same time.")
        .chinese("副本数", "同时提供服务的 Pod 数量。").range(1, 10).default(2).basic(1),
        "image": ku8.text("Image", "The web server: an image that listens on port 8080 and runs without root.")
        .chinese("镜像", "Web 服务器：监听 8080 端口并且不以 root 运行的镜像。")
        .pattern("^[a-z0-9.:/_-]+:[A-Za-z0-9._-]+$").default("docker.io/nginxinc/nginx-unprivileged:1.29").basic(2),
        "port": ku8.integer("Port", "The port of the Service that clients use.")
        .chinese("端口", "客户端使用的 Service 端口。").range(1, 65535).default(80).advanced(10),
        "memory": ku8.text("Memory", "Memory of each pod: what it is given, and the most it may use.")
        .chinese("内存", "每个 Pod 的内存：保留量，也是上限。")
        .pattern("^[1-9][0-9]*(Mi|Gi)$").default("128Mi").advanced(11),
        "token": ku8.secret("Token", "A token for clients: made once and kept, or one that is in a Secret already.")
        .chinese("令牌", "客户端令牌：生成一次并保留，或使用已有 Secret 中的令牌。").generate(32).advanced(12),
    },
)


def render(request: ku8.Request) -> ku8.Rendered:
    """Returns the objects, or raises every reason why there are none."""
    values = request.values
    warnings = ku8.refuse(judge(values))
    server = ku8.Component(NAME, request, "server")
    token = ku8.secret_in(values["token"], f"{request.name}-auth", "token")
    address = f"http://{request.host}:{values['port']}"
    output = {"name": "primary", "type": "http", "host": request.host, "port": values["port"], "uri": address}
    return ku8.Rendered(
        objects=[
            ("service/server", 0, service(request, server)),
            ("deployment/server", 0, deployment(request, server, token)),
        ],
        secrets=[token.intent()],
        outputs=[output | {"password": token.reference()}],
        notes=f"Open `{address}`.\n\nThe token is in Secret `{token.secret}`, key `{token.key}`.\n",
        warnings=warnings,
    )


def judge(values: Object) -> list[ku8.Finding]:
    """What the schema cannot say about single values."""
    findings = []
    if values["image"].endswith(":latest"):
        message, hint = "latest may be another image tomorrow", "name a version, such as 1.29"
        findings.append(ku8.error("/image", f"{NAME}.image.moving-tag", message, hint))
    if values["replicas"] == 1:
        message, hint = "a single pod is away while its node is", "2 pods, which are spread over nodes"
        findings.append(ku8.warning("/replicas", f"{NAME}.replicas.single", message, hint))
    return findings


def service(request: ku8.Request, server: ku8.Component) -> Object:
    port = {"name": "http", "port": request.values["port"], "targetPort": "http", "protocol": "TCP"}
    return server.object("v1", "Service", request.name) | {
        "spec": {"selector": server.selector(), "ports": [port]},
    }


def deployment(request: ku8.Request, server: ku8.Component, token: ku8.SecretKey) -> Object:
    values = request.values
    container = {
        "name": "server",
        "image": request.image(values["image"]),
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "env": [token.env("TOKEN")],
        "resources": ku8.resources("50m", values["memory"]),
        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
        "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 20},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        "securityContext": ku8.container_security(),
    }
    pod = {
        "automountServiceAccountToken": False,
        "containers": [container],
        **request.pull_secrets(),
        "securityContext": ku8.pod_security(101),
        "topologySpreadConstraints": [server.spread()],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
    }
    return server.object("apps/v1", "Deployment", request.name) | {
        "spec": {
            "replicas": values["replicas"],
            "selector": {"matchLabels": server.selector()},
            "template": {"metadata": {"labels": server.labels()}, "spec": pod},
        },
    }
