using System.Text.Json.Nodes;
using Partner.Deploy.Tests.Rules;
using Partner.Deploy.Tests.Secrets;

namespace Partner.Deploy.Tests;

/// <summary>The rules hold for what is rendered, and each of them finds what it is for.</summary>
public class RulesTests
{
    [Fact]
    public async Task ProductionBreaksNone() =>
        Assert.Equal([], Broken(await Overlays.ProductionAsync(), await MadeSecrets.KeysAsync()));

    [Fact]
    public async Task ProductionWithEveryComponentBreaksNone() =>
        Assert.Equal([], Broken(await Overlays.EverythingAsync()));

    [Fact]
    public async Task DevBreaksNone() => Assert.Equal([], Broken(await Overlays.DevAsync()));

    [Theory]
    [InlineData("a probe is missing", "logs/logs has no livenessProbe.")]
    [InlineData("a probe asks another port", "logs/logs: its readinessProbe asks a port \"metrics\"")]
    [InlineData(
        "a probe asks the public port",
        "logs/logs: its readinessProbe does not ask /health of the management port."
    )]
    [InlineData("the memory limit is missing", "logs/logs has no memory limit.")]
    [InlineData("an init container has no limit", "logs/wait-for-schema has no memory limit.")]
    [InlineData("requests are missing", "logs/logs requests no memory or CPU.")]
    [InlineData("CPU is limited", "logs/logs has a CPU limit.")]
    [InlineData("a container is privileged", "logs/logs is privileged, or may become so.")]
    [InlineData("a container escalates", "logs/logs is privileged, or may become so.")]
    [InlineData("the root is writable", "logs/logs may write to its root.")]
    [InlineData("a capability is added", "logs/logs keeps capabilities.")]
    [InlineData("root runs", "logs may run as root.")]
    [InlineData("seccomp is missing", "logs has no seccomp profile.")]
    [InlineData("the node's network is shared", "logs shares the node's hostNetwork.")]
    [InlineData("a folder of the node is mounted", "logs mounts a folder of the node.")]
    [InlineData("the token is mounted", "logs has a token for the Kubernetes API")]
    [InlineData("the account gives its token", "ServiceAccount logs gives its token to pods.")]
    [InlineData("another account is used", "logs has no service account of its own.")]
    [InlineData("Services are in the environment", "logs gets every Service into its environment.")]
    [InlineData("latest is used", "logs/logs: the image registry.example/datadog-aspire/logs:latest has no fixed tag.")]
    [InlineData("no tag is used", "logs/logs: the image registry.example/datadog-aspire/logs has no fixed tag.")]
    [InlineData(
        "a variable comes too late",
        "$(POSTGRES_PASSWORD) in ConnectionStrings__database does not stand before it."
    )]
    [InlineData("a variable is set twice", "logs/logs: ServiceTokens__Name is set twice.")]
    [InlineData("a selector misses", "logs does not select its own pods.")]
    [InlineData("a Service misses", "Service logs selects 0 workloads.")]
    [InlineData("a Service names another port", "Service logs: logs has no port \"web\".")]
    [InlineData("a budget misses", "PodDisruptionBudget logs does not select one workload.")]
    [InlineData("a policy misses", "NetworkPolicy logs selects nothing.")]
    [InlineData("a scaler misses", "HorizontalPodAutoscaler logs scales nothing")]
    [InlineData(
        "a scaled one has replicas",
        "HorizontalPodAutoscaler logs scales nothing, or what has a number of replicas"
    )]
    [InlineData("a Secret's key is nobody's", "Nobody makes the Secret's key logs/logs-public-key.")]
    [InlineData("a ConfigMap's key is missing", "logs: there is no key postgres in the ConfigMap")]
    [InlineData("a route leads nowhere", "HTTPRoute gateway: there is no Service gateway with the port 80.")]
    [InlineData("nothing refuses by default", "vault: no policy refuses Egress.")]
    public async Task APlantedDefectIsFound(string defect, string sentence)
    {
        var broken = Broken(
            (await Overlays.ProductionAsync()).With(m => Plant(m, defect)),
            await MadeSecrets.KeysAsync()
        );
        Assert.Contains(broken, b => b.Contains(sentence, StringComparison.Ordinal));
    }

    private static List<string> Broken(Manifest manifest, IReadOnlySet<string>? secretKeys = null) =>
        [.. PodRules.Broken(manifest), .. ReferenceRules.Broken(manifest, secretKeys), .. PolicyRules.Open(manifest)];

    private static void Plant(Manifest manifest, string defect)
    {
        var logs = manifest.All.Single(w => w.Name == "logs");
        var (pod, main) = (logs.Pod, logs.Main);
        JsonNode Spec(string kind) => manifest.Get(kind, "logs")["spec"]!;
        Action plant = defect switch
        {
            "a probe is missing" => () => main.Remove("livenessProbe"),
            "a probe asks another port" => () => main["readinessProbe"]!["httpGet"]!["port"] = "metrics",
            "a probe asks the public port" => () => main["readinessProbe"]!["httpGet"]!["port"] = "http",
            "the memory limit is missing" => () => main["resources"]!.AsObject().Remove("limits"),
            "an init container has no limit" => () => logs.InitContainers.Single().Remove("resources"),
            "requests are missing" => () => main["resources"]!.AsObject().Remove("requests"),
            "CPU is limited" => () => main["resources"]!["limits"]!["cpu"] = "1",
            "a container is privileged" => () => main["securityContext"]!["privileged"] = true,
            "a container escalates" => () => main["securityContext"]!["allowPrivilegeEscalation"] = true,
            "the root is writable" => () => main["securityContext"]!.AsObject().Remove("readOnlyRootFilesystem"),
            "a capability is added" => () =>
                main["securityContext"]!["capabilities"]!["add"] = new JsonArray("NET_ADMIN"),
            "root runs" => () => pod["securityContext"]!["runAsUser"] = 0,
            "seccomp is missing" => () => pod["securityContext"]!.AsObject().Remove("seccompProfile"),
            "the node's network is shared" => () => pod["hostNetwork"] = true,
            "a folder of the node is mounted" => () =>
                pod["volumes"]!.AsArray().Add(new JsonObject { ["hostPath"] = new JsonObject { ["path"] = "/" } }),
            "the token is mounted" => () => pod.Remove("automountServiceAccountToken"),
            "the account gives its token" => () =>
                manifest.Get("ServiceAccount", "logs").Remove("automountServiceAccountToken"),
            "another account is used" => () => pod["serviceAccountName"] = "vault",
            "Services are in the environment" => () => pod.Remove("enableServiceLinks"),
            "latest is used" => () => main["image"] = "registry.example/datadog-aspire/logs:latest",
            "no tag is used" => () => main["image"] = "registry.example/datadog-aspire/logs",
            "a variable comes too late" => () => Move(main["env"]!.AsArray(), "POSTGRES_PASSWORD"),
            "a variable is set twice" => () => main["env"]!.AsArray().Add(main["env"]![0]!.DeepClone()),
            "a selector misses" => () =>
                Spec("Deployment")["selector"]!["matchLabels"]!["app.kubernetes.io/name"] = "log",
            "a Service misses" => () => Spec("Service")["selector"]!["app.kubernetes.io/name"] = "log",
            "a Service names another port" => () => Spec("Service")["ports"]![0]!["targetPort"] = "web",
            "a budget misses" => () =>
                Spec("PodDisruptionBudget")["selector"]!["matchLabels"]!["app.kubernetes.io/name"] = "log",
            "a policy misses" => () =>
                Spec("NetworkPolicy")["podSelector"]!["matchLabels"]!["app.kubernetes.io/name"] = "log",
            "a scaler misses" => () => Spec("HorizontalPodAutoscaler")["scaleTargetRef"]!["name"] = "log",
            "a scaled one has replicas" => () => Spec("Deployment")["replicas"] = 2,
            "a Secret's key is nobody's" => () =>
                Variable(main, "ServiceTokens__PrivateKey")["valueFrom"]!["secretKeyRef"]!["key"] = "logs-public-key",
            "a ConfigMap's key is missing" => () =>
                Variable(main, "POSTGRES_SERVER")["valueFrom"]!["configMapKeyRef"]!["key"] = "postgres",
            "a route leads nowhere" => () =>
                manifest.Get("HTTPRoute", "gateway")["spec"]!["rules"]![0]!["backendRefs"]![0]!["port"] = 80,
            "nothing refuses by default" => () =>
            {
                foreach (var name in new[] { "default-deny", "egress-dns", "egress-postgres" })
                {
                    manifest.Get("NetworkPolicy", name)["spec"]!["policyTypes"] = new JsonArray("Ingress");
                }
            },
            _ => throw new ArgumentOutOfRangeException(nameof(defect), defect, null),
        };
        plant();
    }

    private static JsonObject Variable(JsonObject container, string name) =>
        container["env"].Items().Single(v => v.Name("name") == name);

    private static void Move(JsonArray variables, string name)
    {
        var moved = variables.Single(v => v!["name"].Is(name))!;
        variables.Remove(moved);
        variables.Add(moved);
    }
}
