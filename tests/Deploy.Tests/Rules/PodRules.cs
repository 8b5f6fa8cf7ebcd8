using System.Text.Json.Nodes;

namespace Partner.Deploy.Tests.Rules;

/// <summary>What every pod has to be like. Each rule gives a sentence for each place that breaks it.</summary>
internal static class PodRules
{
    private static readonly string[] Probes = ["startupProbe", "livenessProbe", "readinessProbe"];

    public static IEnumerable<string> Broken(Manifest manifest) =>
        manifest.All.SelectMany(w =>
            OfPod(w)
                .Concat(w.AllContainers.SelectMany(c => OfContainer(w, c)))
                .Concat(w.Containers.SelectMany(c => OfProbes(w, c)))
        );

    private static IEnumerable<string> OfPod(Workload workload)
    {
        var (pod, security) = (workload.Pod, workload.Pod["securityContext"]);
        if (!security.At("runAsNonRoot").Is(true) || security.At("runAsUser")?.Number() is null or 0)
        {
            yield return $"{workload.Name} may run as root.";
        }

        if (!security.At("seccompProfile/type").Is("RuntimeDefault"))
        {
            yield return $"{workload.Name} has no seccomp profile.";
        }

        if (!pod["automountServiceAccountToken"].Is(false) || pod["serviceAccountName"] is null)
        {
            yield return $"{workload.Name} has a token for the Kubernetes API, or the default service account.";
        }

        if (!pod["enableServiceLinks"].Is(false))
        {
            yield return $"{workload.Name} gets every Service into its environment.";
        }

        foreach (var shared in new[] { "hostNetwork", "hostPID", "hostIPC" }.Where(s => pod[s].Is(true)))
        {
            yield return $"{workload.Name} shares the node's {shared}.";
        }

        if (pod["volumes"].Items().Any(v => v["hostPath"] is not null))
        {
            yield return $"{workload.Name} mounts a folder of the node.";
        }
    }

    private static IEnumerable<string> OfContainer(Workload workload, JsonObject container)
    {
        var name = $"{workload.Name}/{container.Name("name")}";
        var security = container["securityContext"];
        if (!security.At("allowPrivilegeEscalation").Is(false) || security.At("privileged").Is(true))
        {
            yield return $"{name} is privileged, or may become so.";
        }

        if (!security.At("readOnlyRootFilesystem").Is(true))
        {
            yield return $"{name} may write to its root.";
        }

        if (
            !security.At("capabilities/drop").Strings().SequenceEqual(["ALL"])
            || security.At("capabilities/add").Strings().Any()
        )
        {
            yield return $"{name} keeps capabilities.";
        }

        if (container.At("resources/limits/memory") is null)
        {
            yield return $"{name} has no memory limit.";
        }

        if (container.At("resources/requests/memory") is null || container.At("resources/requests/cpu") is null)
        {
            yield return $"{name} requests no memory or CPU.";
        }

        // Throttled at its peak, a sender would miss the renewal of its lease.
        if (container.At("resources/limits/cpu") is not null)
        {
            yield return $"{name} has a CPU limit.";
        }

        var image = container.Name("image");
        if (image.Split('/')[^1].Split(':') is not [_, not "latest"])
        {
            yield return $"{name}: the image {image} has no fixed tag.";
        }

        var before = new HashSet<string>();
        foreach (var variable in container["env"].Items())
        {
            foreach (
                var reference in References
                    .Pattern()
                    .Matches(variable["value"]?.GetValue<string>() ?? "")
                    .Select(m => m.Groups[1].Value)
                    .Where(reference => !before.Contains(reference))
            )
            {
                yield return $"{name}: $({reference}) in {variable.Name("name")} does not stand before it.";
            }

            if (!before.Add(variable.Name("name")))
            {
                yield return $"{name}: {variable.Name("name")} is set twice.";
            }
        }
    }

    private static IEnumerable<string> OfProbes(Workload workload, JsonObject container)
    {
        var name = $"{workload.Name}/{container.Name("name")}";
        foreach (var probe in Probes)
        {
            if (workload.IsJob != container[probe] is null)
            {
                yield return workload.IsJob ? $"{name} is a Job's and has a {probe}." : $"{name} has no {probe}.";
            }

            var port = (container[probe].At("httpGet") ?? container[probe].At("tcpSocket"))?["port"];
            if (port is not null && !workload.Ports.Any(p => port.Is(p.Name) || port.Is(p.Number)))
            {
                yield return $"{name}: its {probe} asks a port {port.ToJsonString()}, which it has not.";
            }
        }

        // Sandbox, demo partner and stores have one port.
        if (container["ports"].Items().Any(p => p["name"].Is("management")))
        {
            foreach (var (probe, path) in Probes.Zip(["/alive", "/alive", "/health"]))
            {
                var get = container[probe].At("httpGet");
                if (get is null || !get["port"].Is("management") || !get["path"].Is(path))
                {
                    yield return $"{name}: its {probe} does not ask {path} of the management port.";
                }
            }
        }
    }
}
