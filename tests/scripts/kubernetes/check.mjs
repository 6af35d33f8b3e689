// Reads manifests from standard input. Holds each to its schema, strictly: a field that does not exist, one that is missing
// and one of another type are mistakes. Then holds the whole to what a security reviewer asks for; with --openshift, to what
// OpenShift's "restricted-v2" asks for.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const isForOpenShift = process.argv.includes('--openshift');
const here = fileURLToPath(new URL('.', import.meta.url));
const mistakes = [];
const documents = parseAllDocuments(readFileSync(0, 'utf8')).map(document => {
  mistakes.push(...document.errors.map(error => error.message));
  return document.toJS();
}).filter(document => document !== null);

const isDesks = document => document.metadata.name.startsWith('ssc-login-support');
const account = one(documents, 'ServiceAccount');
checkSchema();
demand(documents.every(document => /^([a-z0-9.]+\/)?v[0-9]+$/.test(document.apiVersion)), 'Every API must be a stable one.');
demand(!documents.some(document => /Role/.test(document.kind)), 'The service needs no rights.');
checkService(documents.filter(document => !isDesks(document)));
if (documents.some(isDesks)) {
  checkSupportDesk(documents.filter(isDesks));
}
if (mistakes.length > 0) {
  console.error(mistakes.map(mistake => `- ${mistake}`).join('\n'));
  process.exit(1);
}
console.log(`${documents.length} objects (${documents.map(document => document.kind).join(', ')}): schema and security demands are met.`);

// The schema as TypeScript's types, which have the required fields too; a literal with a field too many does not compile.
function checkSchema() {
  const source = documents.map((document, index) => [
    `import type { I${document.kind} } from "${packageOf(document.apiVersion)}/${document.apiVersion}";`.replace(/I(\w+) }/, `I$1 as I${index} }`),
    `export const ${document.kind}_${document.metadata.name.replaceAll(/\W/g, '_')}_${index}: I${index} = ${JSON.stringify(document, null, 1)};`,
  ].join('\n')).join('\n');
  const file = `${here}manifests.generated.ts`;
  writeFileSync(file, source);
  try {
    execFileSync(process.execPath, [
      `${here}node_modules/typescript/bin/tsc`, '--noEmit', '--strict', '--skipLibCheck', '--pretty', 'false', '--target', 'es2022', '--module', 'esnext',
      '--moduleResolution', 'bundler', file,
    ], { stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    const lines = source.split('\n');
    mistakes.push(...String(error.stdout).split('\n').filter(line => line.length > 0).map(line => {
      const at = /\((\d+),\d+\)/.exec(line);
      return at ? `${line.replace(/^.*?: error /, '')} At: ${lines[at[1] - 1].trim()}` : line;
    }));
  } finally {
    rmSync(file);
  }
}

function packageOf(apiVersion) {
  return apiVersion.startsWith('monitoring.coreos.com/') ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models';
}

function demand(isMet, what) {
  if (!isMet) {
    mistakes.push(what);
  }
}

// The only object of a kind; that there is just one is a demand.
function one(among, kind) {
  const found = among.filter(document => document.kind === kind);
  demand(found.length === 1, `There must be one ${kind}, and there are ${found.length}: ${found.map(document => document.metadata.name).join(', ')}.`);
  return found[0] ?? { metadata: {}, spec: {} };
}

// What a deployment is about: its pods, their one container and its settings.
function partsOf(among) {
  const deployment = one(among, 'Deployment');
  const pod = deployment.spec.template?.spec ?? {};
  return { deployment, pod, container: pod.containers?.[0] ?? {}, settings: one(among, 'ConfigMap').data ?? {} };
}

function selectorOf(deployment) {
  return selector => JSON.stringify(selector ?? {}) !== '{}'
    && Object.entries(selector).every(([name, value]) => deployment.spec.template?.metadata.labels[name] === value);
}

// Pod Security Standards, "Restricted", and what it leaves open; secrets as files; an end that drops nobody.
function checkPod({ deployment, pod, container, settings }) {
  const of = `${deployment.metadata.name}: `;
  const security = { ...pod.securityContext, ...container.securityContext };
  demand(security.runAsNonRoot === true && (isForOpenShift || security.runAsUser >= 1000), `${of}The pod must not run as root.`);
  const pinned = ['runAsUser', 'runAsGroup', 'fsGroup', 'supplementalGroups'].filter(id => id in security);
  demand(!isForOpenShift || pinned.length === 0, `${of}OpenShift gives the ids, so none may be pinned: ${pinned.join(', ')}.`);
  demand(security.seccompProfile?.type === 'RuntimeDefault', `${of}seccompProfile must be RuntimeDefault.`);
  demand(security.allowPrivilegeEscalation === false && security.privileged !== true, `${of}There must be no privilege escalation.`);
  demand(JSON.stringify(security.capabilities) === '{"drop":["ALL"]}', `${of}All capabilities must be dropped, and none added.`);
  demand(security.readOnlyRootFilesystem === true, `${of}The root file system must be read-only.`);
  demand(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, `${of}The pod must share nothing with its node.`);
  demand(pod.containers?.length === 1 && !pod.initContainers, `${of}There must be one container, which the demands are about.`);
  demand(pod.automountServiceAccountToken === false && account.automountServiceAccountToken === false, `${of}No token of the API server may be in the pod.`);
  demand(pod.serviceAccountName === account.metadata.name, `${of}The pod needs a service account that is not the default one.`);

  // Secrets are files, and not here.
  demand(pod.volumes?.some(volume => volume.secret), `${of}The secret must be mounted.`);
  demand(!container.env?.some(variable => variable.valueFrom?.secretKeyRef) && !container.envFrom?.some(source => source.secretRef), `${of}Secrets must be files and no variables.`);
  demand(!Object.keys(settings).some(name => /Token|Secret|Password/.test(name) || /^ConnectionStrings/.test(name)), `${of}A secret must not be among the settings.`);
  const mount = container.volumeMounts?.find(candidate => pod.volumes?.find(volume => volume.name === candidate.name)?.secret);
  demand(mount?.readOnly && container.env?.some(variable => variable.name === 'SECRETS_DIRECTORY' && variable.value === mount.mountPath), `${of}SECRETS_DIRECTORY must name the mount, which is read-only.`);
  demand(!mount?.subPath, `${of}A subPath would not follow a rotation.`);

  demand(container.livenessProbe?.httpGet.path === '/health/live' && container.startupProbe?.httpGet.path === '/health/live', `${of}Liveness and startup must ask /health/live.`);
  demand(container.readinessProbe?.httpGet.path === '/health/ready', `${of}Readiness must ask /health/ready.`);
  const stop = seconds(settings.Shutdown__DrainDelay) + seconds(settings.Shutdown__Timeout);
  demand(stop < pod.terminationGracePeriodSeconds, `${of}terminationGracePeriodSeconds must be more than the ${stop} s of Shutdown.`);
  demand(container.readinessProbe?.periodSeconds * container.readinessProbe?.failureThreshold < seconds(settings.Shutdown__DrainDelay), `${of}Readiness must be noticed within Shutdown:DrainDelay.`);
  demand(container.resources?.requests?.cpu && container.resources?.requests?.memory && container.resources?.limits?.memory, `${of}Requests, and a limit of memory, must be given.`);
  demand(/:[^:/]+$|@sha256:/.test(container.image ?? '') && !container.image.endsWith(':latest'), `${of}The image needs a tag or a digest.`);
}

// In: from one namespace to each port, since any pod that gets in could choose its client address by X-Forwarded-For.
function lets(rule, port) {
  return rule?.from?.length === 1 && rule.from[0].namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name']
    && rule.ports?.length === 1 && rule.ports[0].port === port;
}

function checkNetwork(among, { deployment, container }) {
  const of = `${deployment.metadata.name}: `;
  const policy = one(among, 'NetworkPolicy').spec;
  const service = one(among, 'Service').spec;
  const selects = selectorOf(deployment);
  for (const [what, selector] of [['Deployment', deployment.spec.selector?.matchLabels], ['Service', service.selector], ['NetworkPolicy', policy.podSelector?.matchLabels]]) {
    demand(selects(selector), `${of}The selector of the ${what} must select the pods.`);
  }
  const port = portNamed(container, 'http');
  demand(port === 8080 && service.ports?.length === 1 && service.ports[0].targetPort === 'http', `${of}The service must lead to port 8080 alone, by name.`);
  demand(['Ingress', 'Egress'].every(type => policy.policyTypes?.includes(type)), `${of}The network policy must be about both ways.`);
  demand(lets(policy.ingress?.[0], port), `${of}The network policy must let the ingress controller's namespace in, to the public port alone.`);

  // Out: to the cluster's DNS, and to https outside of private networks.
  const [dns, https, ...others] = policy.egress ?? [];
  demand(others.length === 0, `${of}The network policy must let out to DNS and https alone.`);
  const [namespace, label, pods, dnsPort] = isForOpenShift
    ? ['openshift-dns', 'dns.operator.openshift.io/daemonset-dns', 'default', 5353]
    : ['kube-system', 'k8s-app', 'kube-dns', 53];
  demand(dns?.to?.length === 1 && dns.to[0].namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] === namespace
    && dns.to[0].podSelector?.matchLabels?.[label] === pods && dns.ports?.every(candidate => candidate.port === dnsPort), `${of}DNS must be the cluster's own.`);
  demand(https?.ports?.every(candidate => candidate.port === 443) && https.to?.every(peer => peer.ipBlock?.except?.length > 0), `${of}The network policy must let out to https, and into no private network.`);
  return policy;
}

function portNamed(container, name) {
  return container.ports?.find(candidate => candidate.name === name)?.containerPort;
}

function checkService(among) {
  const parts = partsOf(among);
  const { deployment, pod, container, settings } = parts;
  const selects = selectorOf(deployment);
  checkPod(parts);
  const policy = checkNetwork(among, parts);
  demand(pod.volumes?.every(volume => volume.secret || volume.configMap || volume.emptyDir), 'Volumes must be secrets, settings or empty directories.');
  demand(container.volumeMounts?.every(mount => mount.readOnly), 'Every mount must be read-only.');

  // It starts and scales without dropping anybody.
  demand(deployment.spec.strategy?.rollingUpdate?.maxUnavailable === 0, 'A roll-out must take no pod away before there is another.');
  demand(deployment.spec.replicas === undefined, 'The autoscaler says how many replicas there are.');
  const scaler = one(among, 'HorizontalPodAutoscaler').spec;
  demand(scaler.minReplicas >= 2 && scaler.scaleTargetRef?.name === deployment.metadata.name, 'There must be two replicas or more.');
  demand(selects(one(among, 'PodDisruptionBudget').spec.selector?.matchLabels), 'The selector of the PodDisruptionBudget must select the pods.');
  demand(pod.topologySpreadConstraints?.length >= 2 && pod.topologySpreadConstraints.every(spread => selects(spread.labelSelector?.matchLabels)), 'Pods must spread over zones and nodes.');

  // Who is believed about the client: named networks of a cluster's size at most, and so many hops.
  const networks = Object.entries(settings).filter(([name]) => name.startsWith('Proxy__KnownNetworks__')).map(([, network]) => network);
  demand(networks.every(network => Number(network.split('/')[1]) >= (network.includes(':') ? 48 : 12)), 'A known network must be no wider than /12, or /48 of IPv6.');
  demand(networks.length === 0 || Number(settings.Proxy__ForwardLimit) > 0, 'With a known network, Proxy:ForwardLimit must give the number of hops.');

  // Probes and metrics are not published.
  const paths = among.filter(document => document.kind === 'Ingress').flatMap(document => document.spec.rules).flatMap(rule => rule.http.paths);
  demand(paths.every(path => !/^\/(health|metrics)/.test(path.path) && (path.path !== '/' || path.pathType === 'Exact')), 'Probes and metrics must not be published.');
  const monitor = among.find(document => document.kind === 'PodMonitor');
  const management = portNamed(container, 'management');
  demand((management === undefined) === (monitor === undefined) && String(management) === String(settings.Management__Port), 'The management port, its setting and its PodMonitor belong together.');
  const probed = management === undefined ? 'http' : 'management';
  demand([container.startupProbe, container.livenessProbe, container.readinessProbe].every(probe => probe?.httpGet.port === probed), `The probes must ask the port "${probed}".`);
  demand(policy.ingress?.length === (monitor ? 2 : 1) && (!monitor || lets(policy.ingress?.[1], management)), "Only Prometheus' namespace may reach the management port.");
  demand(!monitor || (monitor.metadata.namespace === deployment.metadata.namespace && selects(monitor.spec.selector?.matchLabels)
    && monitor.spec.podMetricsEndpoints?.every(endpoint => endpoint.port === 'management')), 'The PodMonitor must be about these pods and the management port.');
}

// The desk: apart from the customers' way in everything, and with one volume, for the trail.
function checkSupportDesk(among) {
  const parts = partsOf(among);
  const { deployment, pod, container, settings } = parts;
  checkPod(parts);
  const policy = checkNetwork(among, parts);
  const claim = one(among, 'PersistentVolumeClaim');
  const customers = one(documents.filter(document => !isDesks(document)), 'Deployment');
  demand(!container.args && !container.command, 'The desk is a program of its own, so no command may be given to it.');
  demand(policy.ingress?.length === 1, "Only the VPN's ingress controller may reach the desk.");
  demand(!documents.some(document => document.kind === 'Ingress' && isDesks(document)), "The component must not publish the desk: that is for the VPN's ingress.");
  demand(!selectorOf(deployment)(customers.spec.selector?.matchLabels) && !selectorOf(customers)(deployment.spec.selector?.matchLabels), 'Nothing that selects the pods of the one may select those of the other.');
  demand(container.image !== customers.spec.template?.spec.containers[0].image, 'The desk must have an image of its own.');
  const secretsOf = spec => spec?.volumes?.filter(volume => volume.secret).map(volume => volume.secret.secretName) ?? [];
  demand(!secretsOf(pod).some(name => secretsOf(customers.spec.template?.spec).includes(name)), "The desk must not have the customers' keys, nor they its secret.");

  // The trail: a file, which one process writes.
  const volume = pod.volumes?.find(candidate => candidate.persistentVolumeClaim?.claimName === claim.metadata.name);
  const mount = container.volumeMounts?.find(candidate => candidate.name === volume?.name);
  demand(mount && settings.Support__Database?.startsWith(`${mount.mountPath}/`), 'Support:Database must be a file on the volume.');
  demand(pod.volumes?.every(candidate => candidate === volume || candidate.secret), 'Volumes must be the secret and the trail.');
  demand(pod.securityContext?.fsGroup === pod.securityContext?.runAsGroup, "The volume's files must belong to the process's group.");
  demand(deployment.spec.replicas === 1 && deployment.spec.strategy?.type === 'Recreate', 'With the trail in a file there must be one replica, and it must end before the next begins.');
  demand(JSON.stringify(claim.spec.accessModes) === '["ReadWriteOncePod"]', 'No second pod may have the trail.');
}

function seconds(span) {
  const [hours, minutes, rest] = String(span).split(':').map(Number);
  return hours * 3600 + minutes * 60 + rest;
}
