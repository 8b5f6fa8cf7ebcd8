using System.Net.Sockets;
using System.Text.Json.Nodes;
using Partner.Testing;

namespace Partner.Images.Tests;

/// <summary>
/// The pods of manifests, run by podman on one bridge network, each with an address of its own. What is not as in a cluster:
/// <list type="bullet">
/// <item>Postgres, Redis and HAProxy are Debian's, in one image, under the users and commands that the manifests say.</item>
/// <item>Names come from the pods' hosts files. One replica of each.</item>
/// <item>Nothing acts on policies, budgets, autoscalers, requests and preStop; probes are asked by the test.</item>
/// <item>Claimed volumes and emptyDirs are volumes of podman's, of the user that mounts them.</item>
/// </list>
/// Images, arguments, environment, users, rights, read-only roots and limits of memory are those of the manifests.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    private const string Network = "datadog-aspire";

    // What stands in for an image of a registry: the program that its entry point would start.
    private static readonly Dictionary<string, string> StandIns = new()
    {
        ["docker.io/library/postgres"] = "/entry-postgres",
        ["docker.io/library/redis"] = "",
        ["docker.io/library/haproxy"] = "",
    };

    private readonly Podman _podman;
    private readonly Manifests _manifests;
    private readonly Dictionary<string, PodTemplate> _pods;
    private readonly Dictionary<string, string> _addresses = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    private Cluster(Podman podman, Manifests manifests)
    {
        (_podman, _manifests) = (podman, manifests);
        _pods = manifests.Pods().ToDictionary(p => p.Name);
    }

    /// <param name="doors">Ports of this machine's loopback, each with a Service and its port: <c>kubectl port-forward</c>.</param>
    public static async Task<Cluster> StartAsync(
        Podman podman,
        Manifests manifests,
        params (int Port, string Service, int ServicePort)[] doors
    )
    {
        var cluster = new Cluster(podman, manifests);
        try
        {
            await cluster.StartAsync(doors);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public IEnumerable<string> Names => _pods.Values.Where(p => !p.RunsToItsEnd).Select(p => p.Name);

    /// <summary>The one container of a pod that has its name.</summary>
    public Task KillAsync(string name) => _podman.RunAsync("kill", "--signal=KILL", Container(name, name));

    public async Task StartAgainAsync(string name)
    {
        await _podman.RunAsync("start", Container(name, name));
        await ReadyAsync(_pods[name]);
    }

    /// <summary>SIGTERM, and the time that the manifest gives.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync(string name)
    {
        await _podman.RunAsync("stop", $"--time={_pods[name].GraceSeconds}", Container(name, name));
        return await _podman.ExitCodeOfAsync(Container(name, name));
    }

    public async Task<int> StatusAsync(string name, string port, string path)
    {
        try
        {
            using var answer = await _http.GetAsync(
                new Uri($"http://{_addresses[name]}:{_pods[name].PortOf(port)}{path}")
            );
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await RemoveAsync();
    }

    private async Task StartAsync((int Port, string Service, int ServicePort)[] doors)
    {
        await RemoveAsync();
        await _podman.RunAsync("network", "create", Network);
        var subnet = await _podman.RunAsync("network", "inspect", "--format", "{{(index .Subnets 0).Subnet}}", Network);
        var first = subnet[..(subnet.LastIndexOf('.') + 1)];
        var services = _manifests.Services();
        foreach (var (name, index) in _pods.Keys.Select((name, index) => (name, index)))
        {
            _addresses[name] = $"{first}{index + 10}";
        }

        foreach (var pod in _pods.Values)
        {
            await _podman.RunAsync([
                "pod",
                "create",
                $"--name={Pod(pod.Name)}",
                $"--network={Network}",
                $"--ip={_addresses[pod.Name]}",
                .. services.Select(s => $"--add-host={s.Key}:{_addresses[s.Value.Name]}"),
                .. doors
                    .Where(d => services[d.Service].Name == pod.Name)
                    .Select(d => $"--publish=127.0.0.1:{d.Port}:{d.ServicePort}"),
            ]);
        }

        // All at once, as in a cluster: who needs another waits for it.
        await Task.WhenAll(_pods.Values.Select(RunAsync));
        await Task.WhenAll(_pods.Values.Where(p => !p.RunsToItsEnd).Select(ReadyAsync));
    }

    private async Task RunAsync(PodTemplate pod)
    {
        foreach (var sidecar in pod.Sidecars)
        {
            await StartContainerAsync(pod, sidecar);
        }

        foreach (var container in pod.InitContainers)
        {
            await _podman.RunAsync(["run", "--rm", .. Options(pod, container)]);
        }

        if (pod.RunsToItsEnd)
        {
            // A Job is tried again: its database may not be there yet.
            await Until.AnsweredAsync(
                () => _podman.TryAsync(["run", "--rm", .. Options(pod, pod.Containers.Single())]),
                result => result.ExitCode == 0
            );
            return;
        }

        foreach (var container in pod.Containers)
        {
            await StartContainerAsync(pod, container);
        }
    }

    private Task<string> StartContainerAsync(PodTemplate pod, JsonNode container) =>
        _podman.RunAsync(["run", "--detach", .. Options(pod, container)]);

    private IEnumerable<string> Options(PodTemplate pod, JsonNode container)
    {
        var name = Manifests.Text(container["name"]);
        var environment = _manifests.EnvironmentOf(container);
        yield return "--pull=never";
        yield return $"--pod={Pod(pod.Name)}";
        yield return $"--name={Container(pod.Name, name)}";
        foreach (var option in Rights(pod.Spec["securityContext"]!, container["securityContext"]!))
        {
            yield return option;
        }

        yield return $"--memory={Manifests.Text(container["resources"]!["limits"]!["memory"]).Replace("i", "", StringComparison.Ordinal)}";
        foreach (var (key, value) in environment)
        {
            yield return $"--env={key}={value}";
        }

        foreach (var mount in Manifests.List(container["volumeMounts"]))
        {
            yield return Mount(pod, Manifests.Text(mount["name"]), Manifests.Text(mount["mountPath"]));
        }

        string[] command = [.. Manifests.List(container["command"]).Select(Manifests.Text)];
        string[] arguments =
        [
            .. Manifests.List(container["args"]).Select(a => Manifests.Expand(Manifests.Text(a), environment)),
        ];
        var image = Manifests.Text(container["image"]);
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
        yield return $"--user={Manifests.Text(pod["runAsUser"])}:{Manifests.Text(pod["runAsGroup"])}";
        if (Manifests.Text(container["readOnlyRootFilesystem"]) == "true")
        {
            yield return "--read-only";
            // Podman would add a /tmp of its own, where the manifests say what there is.
            yield return "--read-only-tmpfs=false";
        }

        if (Manifests.Text(container["allowPrivilegeEscalation"]) == "false")
        {
            yield return "--security-opt=no-new-privileges";
        }

        foreach (var capability in Manifests.List(container["capabilities"]!["drop"]))
        {
            yield return $"--cap-drop={Manifests.Text(capability)}";
        }
    }

    private string Mount(PodTemplate pod, string volume, string path)
    {
        if (pod.Volumes.Contains(volume))
        {
            // /var/run is a link in Debian, behind which podman forgets whose the volume is to be.
            var target = path.StartsWith("/var/run/", StringComparison.Ordinal) ? path[4..] : path;
            return $"--volume={Pod(pod.Name)}-{volume}:{target}:U";
        }

        var source = Manifests.List(pod.Spec["volumes"]).Single(v => Manifests.Text(v["name"]) == volume);
        var folder = Directory
            .CreateDirectory(Repository.PathOf("artifacts/podman/volumes", pod.Name, volume))
            .FullName;
        foreach (var (file, content) in _manifests.ConfigMap(Manifests.Text(source["configMap"]!["name"])))
        {
            File.WriteAllText(Path.Combine(folder, file), content);
        }

        return $"--volume={folder}:{path}:ro";
    }

    /// <summary>Until each probe of each container has been answered once.</summary>
    private async Task ReadyAsync(PodTemplate pod)
    {
        foreach (var container in pod.Containers)
        {
            var name = Container(pod.Name, Manifests.Text(container["name"]));
            foreach (var kind in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
            {
                var probe = container[kind] ?? throw new InvalidOperationException($"{name} has no {kind}.");
                try
                {
                    await Until.TrueAsync(() => IsAnsweredAsync(pod, name, probe));
                }
                catch (TimeoutException)
                {
                    throw new InvalidOperationException(
                        $"{name} does not answer its {kind}:\n{await _podman.LogOfAsync(name)}"
                    );
                }
            }
        }
    }

    private async Task<bool> IsAnsweredAsync(PodTemplate pod, string container, JsonNode probe)
    {
        if (probe["httpGet"] is { } get)
        {
            return await StatusAsync(pod.Name, Manifests.Text(get["port"]), Manifests.Text(get["path"])) == 200;
        }

        if (probe["exec"] is { } exec)
        {
            string[] arguments = ["exec", container, .. Manifests.List(exec["command"]).Select(Manifests.Text)];
            return (await _podman.TryAsync(arguments)).ExitCode == 0;
        }

        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(_addresses[pod.Name], pod.PortOf(Manifests.Text(probe["tcpSocket"]!["port"])));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task RemoveAsync()
    {
        foreach (var pod in _pods.Values)
        {
            await _podman.TryAsync("pod", "rm", "--force", "--time=0", Pod(pod.Name));
            foreach (var volume in pod.Volumes)
            {
                await _podman.TryAsync("volume", "rm", "--force", $"{Pod(pod.Name)}-{volume}");
            }
        }

        await _podman.TryAsync("network", "rm", "--force", Network);
    }

    private static string Pod(string name) => $"{Network}-{name}";

    private static string Container(string pod, string name) => $"{Pod(pod)}.{name}";
}
