// The kit of a kubectl ku8 template: words for schemas, findings, labels and secrets, and the contract's three functions.
// It is part of this project: read it, and change what does not fit. It knows no clock, no chance and no network.

// ---- Findings: what a template has to say about values -------------------------------------------------------------

const finding = (severity) => (path, code, message, hint) => ({ severity, path, code, message, hint });

/** Refuses the values. The path is a JSON Pointer into them, the code is declared among the rules of the metadata. */
export const error = finding('error');
/** Is shown in the plan and stops nothing. */
export const warning = finding('warning');
/** Is only pointed out. */
export const info = finding('info');

/** Several findings, in their order. */
export class Findings extends Array {
  add(one) {
    this.push(one);
    return this;
  }

  /** Throws all of them when one refuses the values; returns them otherwise, as warnings. */
  refuse() {
    if (this.some((one) => one.severity === 'error')) throw this;
    return this;
  }
}

// ---- Schemas: which values there are -------------------------------------------------------------------------------

class Property {
  constructor(schema) {
    this.schema = schema;
  }

  set(key, value) {
    this.schema[key] = value;
    return this;
  }

  /** The words for people who read Chinese. */
  chinese(title, description) {
    return this.set('x-ku8-i18n', { zh: { title, description } });
  }

  range(minimum, maximum) {
    return this.set('minimum', minimum).set('maximum', maximum);
  }

  pattern(pattern) {
    return this.set('pattern', pattern);
  }

  /** What a number counts: 'seconds', 'MiB'. */
  unit(unit) {
    return this.set('x-ku8-unit', unit);
  }

  /** Used where nothing is written. */
  default(value) {
    return this.set('default', value);
  }

  /** For a secret: the host makes so many characters, once, where nothing is written. */
  generate(length) {
    return this.default({ generate: { length } });
  }

  /** Cannot be changed once it is published. */
  immutable() {
    return this.set('x-ku8-immutable', true);
  }

  /** Asked for first; `order` is the place among the others. */
  basic(order) {
    return this.set('x-ku8-group', 'basic').set('x-ku8-order', order);
  }

  /** Asked for on request. */
  advanced(order) {
    return this.set('x-ku8-group', 'advanced').set('x-ku8-order', order);
  }

  /** Never asked for. */
  expert(order) {
    return this.set('x-ku8-group', 'expert').set('x-ku8-order', order);
  }
}

const typed = (type) => (title, description) => new Property({ type, title, description });

export const integer = typed('integer');
export const text = typed('string');
export const boolean = typed('boolean');
/** One of several words. */
export const choice = (words, title, description) => text(title, description).set('enum', words);
/** A password, a token or a key: people write where it comes from, never the value itself. */
export const secret = (title, description) =>
  new Property({ $ref: '#/$defs/secret', title, description }).set('x-ku8-secret', true);

const closed = (properties) =>
  ({ type: 'object', additionalProperties: false, properties, required: Object.keys(properties) });
const some = { type: 'string', minLength: 1 };
const generate = closed({ length: { type: 'integer', minimum: 16, maximum: 1024 } });
generate.properties.alphabet = { enum: ['alphanumeric', 'hex', 'base64'] };

/** The whole schema; a value it does not know is refused. */
export const schemaOf = (words, chinese, properties) => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  ...words,
  'x-ku8-i18n': { zh: chinese },
  properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, property.schema])),
  additionalProperties: false,
  $defs: { secret: { oneOf: [closed({ generate }), closed({ secretRef: closed({ name: some, key: some }) })] } },
});

// ---- Objects -------------------------------------------------------------------------------------------------------

/** One part of a definition; every object of it takes its labels from here. */
export class Component {
  constructor(template, request, name) {
    Object.assign(this, { template, definition: request.name, namespace: request.namespace, name });
  }

  /** The three labels that select pods. They never change: no version is among them. */
  selector() {
    return {
      'app.kubernetes.io/name': this.template,
      'app.kubernetes.io/instance': this.definition,
      'app.kubernetes.io/component': this.name,
    };
  }

  /** Those and two more, for objects and pods. */
  labels() {
    return {
      ...this.selector(),
      'app.kubernetes.io/part-of': this.definition,
      'app.kubernetes.io/managed-by': 'ku8',
    };
  }

  /** An object with its type and metadata; the caller adds the rest. */
  object(apiVersion, kind, name) {
    return { apiVersion, kind, metadata: { name, namespace: this.namespace, labels: this.labels() } };
  }

  /** Keeps pods apart where there are nodes enough. */
  spread() {
    return {
      maxSkew: 1,
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: this.selector() },
    };
  }
}

/** What Pod Security "restricted" asks of a pod. */
export const podSecurity = (user) => ({
  runAsNonRoot: true, runAsUser: user, runAsGroup: user, fsGroup: user, seccompProfile: { type: 'RuntimeDefault' },
});

/** What it asks of a container. */
export const containerSecurity = () => ({
  allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] },
});

/** Reserves cpu and memory, and bounds memory. */
export const resources = (cpu, memory) => ({ requests: { cpu, memory }, limits: { memory } });

/** Where an image comes from here: a cluster without internet has mirrors. The longest prefix wins. */
export function image(request, reference) {
  let [found, longest] = [reference, -1];
  for (const [from, to] of Object.entries(request.images.registryMap)) {
    const prefix = from.replace(/\/+$/, '');
    if (reference.startsWith(`${prefix}/`) && from.length > longest) {
      [found, longest] = [to.replace(/\/+$/, '') + reference.slice(prefix.length), from.length];
    }
  }
  return found;
}

/** What a pod needs to pull its images. */
export const pullSecrets = (request) => {
  const imagePullSecrets = request.images.pullSecrets.map((name) => ({ name }));
  return imagePullSecrets.length > 0 ? { imagePullSecrets } : {};
};

/** The name clients inside the cluster use for the Service of the definition's name. */
export const host = (request) => `${request.name}.${request.namespace}.svc`;

// ---- Secrets: where they come from, never what they are ------------------------------------------------------------

class SecretKey {
  constructor(secret, key, source) {
    Object.assign(this, { secret, key, source });
  }

  /** Tells the host to see to it. */
  intent() {
    return { name: this.secret, keys: { [this.key]: this.source } };
  }

  /** For outputs. */
  reference() {
    return { secret: this.secret, key: this.key };
  }

  /** A variable of a container with the value, which only the pod sees. */
  env(name) {
    return { name, valueFrom: { secretKeyRef: { name: this.secret, key: this.key } } };
  }
}

/** The place of a secret value: where it is already, or else the Secret and key it is generated into. */
export const secretIn = (value, secret, key) =>
  (value.secretRef ? new SecretKey(value.secretRef.name, value.secretRef.key, value) : new SecretKey(secret, key, value));

// ---- The contract --------------------------------------------------------------------------------------------------

/** The three functions of ku8:template/provider, answered by a template's metadata, schema and render. */
export const answer = (template) => ({
  metadata: () => JSON.stringify(template.metadata),
  schema: () => JSON.stringify(template.schema),
  render(text) {
    try {
      const { objects, secrets = [], outputs = [], notes = '', warnings = [] } = template.render(JSON.parse(text));
      return {
        objects: objects.map((one) => ({ ...one, manifest: JSON.stringify(one.manifest) })),
        secrets: JSON.stringify(secrets),
        outputs: JSON.stringify(outputs),
        notes,
        extensions: '{}',
        warnings: [...warnings],
      };
    } catch (thrown) {
      // A template that fails refuses the values and says why.
      if (thrown instanceof Findings) throw [...thrown];
      throw [error('', 'kit.panic', `the template has a fault: ${thrown}`)];
    }
  },
});
