using System.Text.Json.Nodes;
using Partner.Testing;

namespace Partner.Deploy.Tests.Images;

/// <summary>A container of a manifest in podman's words.</summary>
internal static class ContainerOptions
{
    // What stands in for an image of a registry: the program that its entry point would start.
    private static readonly Dictionary<string, string> StandIns = new()
    {
        ["docker.io/library/postgres"] = "/entry-postgres",
        ["docker.io/library/redis"] = "",
        ["docker.io/library/haproxy"] = "",
    };

    /// <summary>What stands behind <c>podman run</c>: options, the image, its command and arguments.</summary>
    public static IEnumerable<string> Of(Manifest manifest, Workload pod, JsonObject container)
    {
        var environment = pod.EnvironmentOf(container, manifest.SecretText);
        yield return "--pull=never";
        yield return $"--pod={Cluster.Pod(pod.Name)}";
        yield return $"--name={Cluster.Container(pod.Name, container.Name("name"))}";
        foreach (var option in Rights(pod.Pod["securityContext"]!, container["securityContext"]!))
        {
            yield return option;
        }

        yield return $"--memory={container.At("resources/limits")!.Name("memory").Replace("i", "", StringComparison.Ordinal)}";
        foreach (var (key, value) in environment)
        {
            yield return $"--env={key}={value}";
        }

        foreach (var mount in container["volumeMounts"].Items())
        {
            yield return Mount(manifest, pod, mount.Name("name"), mount.Name("mountPath"));
        }

        string[] command = [.. container["command"].Strings()];
        var arguments = container["args"].Strings().Select(a => Workload.Expand(a, environment));
        var image = container.Name("image");
        if (StandIns.TryGetValue(image[..image.LastIndexOf(':')], out var entry))
        {
            if (entry != "")
            {
                yield return $"--entrypoint={entry}";
            }

            yield return BuiltImages.Stores;
        }
        else
        {
            if (command.Length > 0)
            {
                throw new InvalidOperationException($"{pod.Name}: an image of ours has a command of its own.");
            }

            yield return image;
        }

        foreach (var argument in command.Concat(arguments))
        {
            yield return argument;
        }
    }

    private static IEnumerable<string> Rights(JsonNode pod, JsonNode container)
    {
        yield return $"--user={pod["runAsUser"]}:{pod["runAsGroup"]}";
        if (container["readOnlyRootFilesystem"].Is(true))
        {
            yield return "--read-only";
            // Podman would add a /tmp of its own, where the manifests say what there is.
            yield return "--read-only-tmpfs=false";
        }

        if (container["allowPrivilegeEscalation"].Is(false))
        {
            yield return "--security-opt=no-new-privileges";
        }

        foreach (var capability in container.At("capabilities/drop").Strings())
        {
            yield return $"--cap-drop={capability}";
        }
    }

    private static string Mount(Manifest manifest, Workload pod, string volume, string path)
    {
        if (WritableVolumes(pod).Contains(volume))
        {
            // /var/run is a link in Debian, behind which podman forgets whose the volume is to be.
            var target = path.StartsWith("/var/run/", StringComparison.Ordinal) ? path[4..] : path;
            return $"--volume={Cluster.Pod(pod.Name)}-{volume}:{target}:U";
        }

        var source = pod.Pod["volumes"].Items().Single(v => v["name"].Is(volume));
        var folder = Directory
            .CreateDirectory(Repository.PathOf("artifacts/podman/volumes", pod.Name, volume))
            .FullName;
        foreach (var (file, content) in manifest.Get("ConfigMap", source["configMap"]!.Name("name"))["data"].Texts())
        {
            File.WriteAllText(Path.Combine(folder, file), content);
        }

        return $"--volume={folder}:{path}:ro";
    }

    /// <summary>Claimed ones and emptyDirs.</summary>
    public static IReadOnlyList<string> WritableVolumes(Workload pod) =>
        [
            .. pod.Object.At("spec/volumeClaimTemplates").Items().Select(claim => claim.Name()),
            .. pod.Pod["volumes"].Items().Where(v => v["emptyDir"] is not null).Select(v => v.Name("name")),
        ];
}
