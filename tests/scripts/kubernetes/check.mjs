// Reads manifests from standard input. Holds each to its schema, strictly: a field that does not exist, one that is missing
// and one of another type are mistakes. Then holds the whole to what a security reviewer asks for.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const here = fileURLToPath(new URL('.', import.meta.url));
const mistakes = [];
const documents = parseAllDocuments(readFileSync(0, 'utf8')).map(document => {
  mistakes.push(...document.errors.map(error => error.message));
  return document.toJS();
}).filter(document => document !== null);

checkSchema();
checkDemands();
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

function one(kind) {
  const found = documents.filter(document => document.kind === kind);
  demand(found.length === 1, `There must be one ${kind}.`);
  return found[0] ?? { metadata: {}, spec: {} };
}

function checkDemands() {
  const deployment = one('Deployment');
  const pod = deployment.spec.template?.spec ?? {};
  const container = pod.containers?.[0] ?? {};
  const security = { ...pod.securityContext, ...container.securityContext };
  const settings = one('ConfigMap').data ?? {};
  const selects = selector => JSON.stringify(selector ?? {}) !== '{}'
    && Object.entries(selector).every(([name, value]) => deployment.spec.template?.metadata.labels[name] === value);

  demand(documents.every(document => /^([a-z0-9.]+\/)?v[0-9]+$/.test(document.apiVersion)), 'Every API must be a stable one.');

  // Pod Security Standards, "Restricted", and what it leaves open.
  demand(security.runAsNonRoot === true && security.runAsUser >= 1000, 'The pod must not run as root.');
  demand(security.seccompProfile?.type === 'RuntimeDefault', 'seccompProfile must be RuntimeDefault.');
  demand(security.allowPrivilegeEscalation === false && security.privileged !== true, 'There must be no privilege escalation.');
  demand(JSON.stringify(security.capabilities) === '{"drop":["ALL"]}', 'All capabilities must be dropped, and none added.');
  demand(security.readOnlyRootFilesystem === true, 'The root file system must be read-only.');
  demand(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'The pod must share nothing with its node.');
  demand(pod.containers?.length === 1 && !pod.initContainers, 'There must be one container, which the demands are about.');
  demand(pod.volumes?.every(volume => volume.secret || volume.configMap || volume.emptyDir), 'Volumes must be secrets, settings or empty directories.');
  demand(container.volumeMounts?.every(mount => mount.readOnly), 'Every mount must be read-only.');
  demand(pod.automountServiceAccountToken === false && one('ServiceAccount').automountServiceAccountToken === false, 'No token of the API server may be in the pod.');
  demand(pod.serviceAccountName === one('ServiceAccount').metadata.name, 'The pod needs a service account of its own.');
  demand(!documents.some(document => /Role/.test(document.kind)), 'The service needs no rights.');

  // Secrets are files, and not here.
  demand(pod.volumes?.some(volume => volume.secret), 'The secret must be mounted.');
  demand(!container.env?.some(variable => variable.valueFrom?.secretKeyRef) && !container.envFrom?.some(source => source.secretRef), 'Secrets must be files and no variables.');
  demand(!Object.keys(settings).some(name => /Token|Secret|Password/.test(name) || /^ConnectionStrings/.test(name)), 'A secret must not be among the settings.');
  const mount = container.volumeMounts?.find(candidate => pod.volumes?.find(volume => volume.name === candidate.name)?.secret);
  demand(mount && container.env?.some(variable => variable.name === 'SECRETS_DIRECTORY' && variable.value === mount.mountPath), 'SECRETS_DIRECTORY must name the mount.');
  demand(!mount?.subPath, 'A subPath would not follow a rotation.');

  // It starts, stops and scales without dropping anybody.
  demand(container.livenessProbe?.httpGet.path === '/health/live' && container.startupProbe?.httpGet.path === '/health/live', 'Liveness and startup must ask /health/live.');
  demand(container.readinessProbe?.httpGet.path === '/health/ready', 'Readiness must ask /health/ready.');
  const stop = seconds(settings.Shutdown__DrainDelay) + seconds(settings.Shutdown__Timeout);
  demand(stop < pod.terminationGracePeriodSeconds, `terminationGracePeriodSeconds must be more than the ${stop} s of Shutdown.`);
  demand(container.readinessProbe?.periodSeconds * container.readinessProbe?.failureThreshold < seconds(settings.Shutdown__DrainDelay), 'Readiness must be noticed within Shutdown:DrainDelay.');
  demand(deployment.spec.strategy?.rollingUpdate?.maxUnavailable === 0, 'A roll-out must take no pod away before there is another.');
  demand(deployment.spec.replicas === undefined, 'The autoscaler says how many replicas there are.');
  demand(one('HorizontalPodAutoscaler').spec.minReplicas >= 2 && one('HorizontalPodAutoscaler').spec.scaleTargetRef?.name === deployment.metadata.name, 'There must be two replicas or more.');
  demand(container.resources?.requests?.cpu && container.resources?.requests?.memory && container.resources?.limits?.memory, 'Requests, and a limit of memory, must be given.');
  demand(pod.topologySpreadConstraints?.length >= 2 && pod.topologySpreadConstraints.every(spread => selects(spread.labelSelector?.matchLabels)), 'Pods must spread over zones and nodes.');

  // Everything is about these pods, and reaches their port.
  const policy = one('NetworkPolicy').spec;
  for (const [what, selector] of [
    ['Deployment', deployment.spec.selector?.matchLabels], ['Service', one('Service').spec.selector],
    ['PodDisruptionBudget', one('PodDisruptionBudget').spec.selector?.matchLabels], ['NetworkPolicy', policy.podSelector?.matchLabels],
  ]) {
    demand(selects(selector), `The selector of the ${what} must select the pods.`);
  }
  const portNamed = name => container.ports?.find(candidate => candidate.name === name)?.containerPort;
  const port = portNamed('http');
  demand(port === 8080 && one('Service').spec.ports?.length === 1 && one('Service').spec.ports[0].targetPort === 'http', 'The service must lead to port 8080 alone, by name.');

  // In: from one namespace to each port. Any pod that gets in could choose its client address by X-Forwarded-For.
  demand(['Ingress', 'Egress'].every(type => policy.policyTypes?.includes(type)), 'The network policy must be about both ways.');
  const lets = (rule, number) => rule?.from?.length === 1 && rule.from[0].namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name']
    && rule.ports?.length === 1 && rule.ports[0].port === number;
  demand(lets(policy.ingress?.[0], port), "The network policy must let the ingress controller's namespace in, to the public port alone.");

  // Out: to the cluster's DNS, and to https outside of private networks.
  const [dns, https, ...others] = policy.egress ?? [];
  demand(others.length === 0, 'The network policy must let out to DNS and https alone.');
  demand(dns?.to?.length === 1 && dns.to[0].namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'] === 'kube-system'
    && dns.to[0].podSelector?.matchLabels?.['k8s-app'] === 'kube-dns' && dns.ports?.every(candidate => candidate.port === 53), "DNS must be the cluster's own.");
  demand(https?.ports?.every(candidate => candidate.port === 443) && https.to?.every(peer => peer.ipBlock?.except?.length > 0), 'The network policy must let out to https, and into no private network.');

  // Who is believed about the client: named networks of a cluster's size at most, and so many hops.
  const networks = Object.entries(settings).filter(([name]) => name.startsWith('Proxy__KnownNetworks__')).map(([, network]) => network);
  demand(networks.every(network => Number(network.split('/')[1]) >= (network.includes(':') ? 48 : 12)), 'A known network must be no wider than /12, or /48 of IPv6.');
  demand(networks.length === 0 || Number(settings.Proxy__ForwardLimit) > 0, 'With a known network, Proxy:ForwardLimit must give the number of hops.');

  // Probes and metrics are not published.
  const paths = documents.filter(document => document.kind === 'Ingress').flatMap(document => document.spec.rules).flatMap(rule => rule.http.paths);
  demand(paths.every(path => !/^\/(health|metrics)/.test(path.path) && (path.path !== '/' || path.pathType === 'Exact')), 'Probes and metrics must not be published.');
  const monitor = documents.find(document => document.kind === 'PodMonitor');
  const management = portNamed('management');
  demand((management === undefined) === (monitor === undefined) && String(management) === String(settings.Management__Port), 'The management port, its setting and its PodMonitor belong together.');
  const probed = management === undefined ? 'http' : 'management';
  demand([container.startupProbe, container.livenessProbe, container.readinessProbe].every(probe => probe?.httpGet.port === probed), `The probes must ask the port "${probed}".`);
  demand(policy.ingress?.length === (monitor ? 2 : 1) && (!monitor || lets(policy.ingress?.[1], management)), "Only Prometheus' namespace may reach the management port.");
  demand(!monitor || (monitor.metadata.namespace === deployment.metadata.namespace && selects(monitor.spec.selector?.matchLabels)
    && monitor.spec.podMetricsEndpoints?.every(endpoint => endpoint.port === 'management')), 'The PodMonitor must be about these pods and the management port.');
  demand(/:[^:/]+$|@sha256:/.test(container.image ?? '') && !container.image.endsWith(':latest'), 'The image needs a tag or a digest.');
}

function seconds(span) {
  const [hours, minutes, rest] = String(span).split(':').map(Number);
  return hours * 3600 + minutes * 60 + rest;
}
