package main

import "{{name}}/ku8"

// Schema says which values there are: their words in English and Chinese, bounds and defaults. Single values are
// judged here; what depends on several of them is judged in judge.
func (Template) Schema() ku8.Object {
	replicas := ku8.Integer("Pods", "Pods that answer at the same time.").
		Chinese("副本数", "同时提供服务的 Pod 数量。").Range(1, 10).Default(2).Basic(1)
	image := ku8.Text("Image", "The web server: an image that listens on port 8080 and runs without root.").
		Chinese("镜像", "Web 服务器：监听 8080 端口并且不以 root 运行的镜像。").
		Pattern(`^[a-z0-9.:/_-]+:[A-Za-z0-9._-]+$`).Default("docker.io/nginxinc/nginx-unprivileged:1.29").Basic(2)
	port := ku8.Integer("Port", "The port of the Service that clients use.").
		Chinese("端口", "客户端使用的 Service 端口。").Range(1, 65535).Default(80).Advanced(10)
	memory := ku8.Text("Memory", "Memory of each pod: what it is given, and the most it may use.").
		Chinese("内存", "每个 Pod 的内存：保留量，也是上限。").
		Pattern(`^[1-9][0-9]*(Mi|Gi)$`).Default("128Mi").Advanced(11)
	token := ku8.SecretValue("Token", "A token for clients: made once and kept, or one that is in a Secret already.").
		Chinese("令牌", "客户端令牌：生成一次并保留，或使用已有 Secret 中的令牌。").Generate(32).Advanced(12)
	return ku8.Schema("{{title}}", "A web server with a token that only those who need it know.",
		"{{title}}", "带有令牌的 Web 服务器，只有需要的人才知道令牌。",
		ku8.Properties{"replicas": replicas, "image": image, "port": port, "memory": memory, "token": token})
}
