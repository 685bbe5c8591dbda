// A template: it turns values into the objects of a web server, and nothing else.
import {
  Component, Findings, containerSecurity, error, host, image, integer, podSecurity, pullSecrets, resources,
  schemaOf, secret, secretIn, text, warning,
} from './ku8.js';

const name = '{{name}}';

// What the template is. Raise the version with every change you give away.
export const metadata = {
  name,
  version: '0.1.0',
  title: '{{title}}',
  description: 'A web server with a token that only those who need it know.',
  appVersion: '1.29',
  produces: [{ group: '', kind: 'Service' }, { group: 'apps', kind: 'Deployment' }],
  rules: [
    { code: `${name}.image.moving-tag`, text: 'The image has a version of its own: latest may be another one tomorrow.' },
    { code: `${name}.replicas.single`, text: 'Warned: a single pod is away while its node is.' },
  ],
  operations: [
    { title: 'A new version', text: 'Set `image` and publish: new pods come up before old ones go.' },
  ],
};

// Which values there are: their words in English and Chinese, bounds and defaults. Single values are judged here;
// what depends on several of them is judged in judge.
export const schema = schemaOf(
  { title: '{{title}}', description: 'A web server with a token that only those who need it know.' },
  { title: '{{title}}', description: '带有令牌的 Web 服务器，只有需要的人才知道令牌。' },
  {
    replicas: integer('Pods', 'Pods that answer at the same time.')
      .chinese('副本数', '同时提供服务的 Pod 数量。').range(1, 10).default(2).basic(1),
    image: text('Image', 'The web server: an image that listens on port 8080 and runs without root.')
      .chinese('镜像', 'Web 服务器：监听 8080 端口并且不以 root 运行的镜像。')
      .pattern('^[a-z0-9.:/_-]+:[A-Za-z0-9._-]+$').default('docker.io/nginxinc/nginx-unprivileged:1.29').basic(2),
    port: integer('Port', 'The port of the Service that clients use.')
      .chinese('端口', '客户端使用的 Service 端口。').range(1, 65535).default(80).advanced(10),
    memory: text('Memory', 'Memory of each pod: what it is given, and the most it may use.')
      .chinese('内存', '每个 Pod 的内存：保留量，也是上限。')
      .pattern('^[1-9][0-9]*(Mi|Gi)$').default('128Mi').advanced(11),
    token: secret('Token', 'A token for clients: made once and kept, or one that is in a Secret already.')
      .chinese('令牌', '客户端令牌：生成一次并保留，或使用已有 Secret 中的令牌。').generate(32).advanced(12),
  },
);

// Returns the objects, or throws every reason why there are none.
export function render(request) {
  const { values } = request;
  const warnings = judge(values).refuse();
  const server = new Component(name, request, 'server');
  const token = secretIn(values.token, `${request.name}-auth`, 'token');
  return {
    objects: [
      { id: 'service/server', stage: 0, manifest: service(request, server) },
      { id: 'deployment/server', stage: 0, manifest: deployment(request, server, token) },
    ],
    secrets: [token.intent()],
    outputs: [{
      name: 'primary', type: 'http', host: host(request), port: values.port,
      uri: `http://${host(request)}:${values.port}`, password: token.reference(),
    }],
    notes: `Open \`http://${host(request)}:${values.port}\`.\n\n`
      + `The token is in Secret \`${token.secret}\`, key \`${token.key}\`.\n`,
    warnings,
  };
}

// What the schema cannot say about single values.
function judge(values) {
  const findings = new Findings();
  if (values.image.endsWith(':latest')) {
    findings.add(error('/image', `${name}.image.moving-tag`, 'latest may be another image tomorrow',
      'name a version, such as 1.29'));
  }
  if (values.replicas === 1) {
    findings.add(warning('/replicas', `${name}.replicas.single`, 'a single pod is away while its node is',
      '2 pods, which are spread over nodes'));
  }
  return findings;
}

function service(request, server) {
  return {
    ...server.object('v1', 'Service', request.name),
    spec: {
      selector: server.selector(),
      ports: [{ name: 'http', port: request.values.port, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

function deployment(request, server, token) {
  const { values } = request;
  const container = {
    name: 'server',
    image: image(request, values.image),
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    env: [token.env('TOKEN')],
    resources: resources('50m', values.memory),
    readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 5 },
    livenessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 20 },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
    securityContext: containerSecurity(),
  };
  return {
    ...server.object('apps/v1', 'Deployment', request.name),
    spec: {
      replicas: values.replicas,
      selector: { matchLabels: server.selector() },
      template: {
        metadata: { labels: server.labels() },
        spec: {
          automountServiceAccountToken: false,
          containers: [container],
          ...pullSecrets(request),
          securityContext: podSecurity(101),
          topologySpreadConstraints: [server.spread()],
          volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '64Mi' } }],
        },
      },
    },
  };
}
