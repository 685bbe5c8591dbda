// Tests of the template as a function; `npm test` runs them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { render, schema } from './template.js';

const request = (values) => ({
  name: 'demo',
  namespace: 'prod',
  values: {
    ...Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, property.default])),
    ...values,
  },
  cluster: { version: '1.36' },
  previous: null,
  bindings: {},
  images: { registryMap: { 'docker.io': 'mirror.example' }, pullSecrets: [] },
});

test('the defaults give a Service and a Deployment', () => {
  const { objects, secrets } = render(request({}));
  assert.deepEqual(objects.map((one) => one.manifest.kind), ['Service', 'Deployment']);
  assert.match(objects[1].manifest.spec.template.spec.containers[0].image, /^mirror\.example\//);
  assert.deepEqual(secrets, [{ name: 'demo-auth', keys: { token: { generate: { length: 32 } } } }]);
});

test('a tag that moves is refused, a single pod is warned of', () => {
  assert.throws(() => render(request({ image: 'nginx:latest' })), (found) => found[0].path === '/image');
  assert.equal(render(request({ replicas: 1 })).warnings[0].path, '/replicas');
});

test('a secret that is there already is used where it is', () => {
  const token = { secretRef: { name: 'shared', key: 'web' } };
  assert.deepEqual(render(request({ token })).secrets, [{ name: 'shared', keys: { web: token } }]);
});
