using System.Net.Sockets;
using System.Text.Json.Nodes;
using Partner.Testing;

namespace Partner.Deploy.Tests.Images;

/// <summary>
/// The pods of manifests, run by podman on one bridge network, each with an address of its own. What is not as in a cluster:
/// <list type="bullet">
/// <item>Postgres, Redis and HAProxy are Debian's, in one image, under the users and commands that the manifests say.</item>
/// <item>Names come from the pods' hosts files. One replica of each.</item>
/// <item>Nothing acts on policies, budgets, autoscalers and requests; probes are asked by the test.</item>
/// <item>Claimed volumes and emptyDirs are volumes of podman's, of the user that mounts them.</item>
/// </list>
/// Images, arguments, environment, users, rights, read-only roots and limits of memory are those of the manifests.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const string Network = "datadog-aspire";

    private readonly Podman _podman;
    private readonly Manifest _manifest;
    private readonly Dictionary<string, Workload> _pods;
    private readonly Dictionary<string, string> _addresses = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    private Cluster(Podman podman, Manifest manifest)
    {
        (_podman, _manifest) = (podman, manifest);
        _pods = manifest.All.ToDictionary(p => p.Name);
    }

    /// <param name="doors">Ports of this machine's loopback, each with a Service and its port: <c>kubectl port-forward</c>.</param>
    public static async Task<Cluster> StartAsync(
        Podman podman,
        Manifest manifest,
        params (int Port, string Service, int ServicePort)[] doors
    )
    {
        var cluster = new Cluster(podman, manifest);
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

    public IEnumerable<string> Names => _pods.Values.Where(p => !p.IsJob).Select(p => p.Name);

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
        await _podman.RunAsync(
            "stop",
            $"--time={_pods[name].Pod["terminationGracePeriodSeconds"]?.Number() ?? 30}",
            Container(name, name)
        );
        return await _podman.ExitCodeOfAsync(Container(name, name));
    }

    public async Task<int> StatusAsync(string name, JsonNode port, string path)
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
        var services = Services();
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
        await Task.WhenAll(_pods.Values.Where(p => !p.IsJob).Select(ReadyAsync));
    }

    /// <summary>Each Service with the pod that it selects; a pod is reached at the ports of its containers.</summary>
    /// <exception cref="InvalidOperationException">A Service has a port other than its pod's.</exception>
    private Dictionary<string, Workload> Services()
    {
        var services = new Dictionary<string, Workload>();
        foreach (var service in _manifest.Of("Service"))
        {
            var pod = _pods.Values.Single(p => p.IsSelectedBy(service.At("spec/selector")));
            if (service.At("spec/ports").Items().Any(p => !p["port"].Is(pod.PortOf(p["targetPort"]!))))
            {
                throw new InvalidOperationException($"{service.Title()} has a port other than its pod's.");
            }

            services[service.Name()] = pod;
        }

        return services;
    }

    private async Task RunAsync(Workload pod)
    {
        foreach (var sidecar in pod.Sidecars)
        {
            await StartContainerAsync(pod, sidecar);
        }

        foreach (var container in pod.InitContainers.Except(pod.Sidecars))
        {
            await _podman.RunAsync(["run", "--rm", .. ContainerOptions.Of(_manifest, pod, container)]);
        }

        if (pod.IsJob)
        {
            // A Job is tried again: its database may not be there yet.
            await Until.AnsweredAsync(
                () =>
                    _podman.TryAsync(["run", "--rm", .. ContainerOptions.Of(_manifest, pod, pod.Containers.Single())]),
                result => result.ExitCode == 0
            );
            return;
        }

        foreach (var container in pod.Containers)
        {
            await StartContainerAsync(pod, container);
        }
    }

    private Task<string> StartContainerAsync(Workload pod, JsonObject container) =>
        _podman.RunAsync(["run", "--detach", .. ContainerOptions.Of(_manifest, pod, container)]);

    /// <summary>Until each probe of each container has been answered once.</summary>
    private async Task ReadyAsync(Workload pod)
    {
        foreach (var container in pod.Containers)
        {
            var name = Container(pod.Name, container.Name("name"));
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

    private async Task<bool> IsAnsweredAsync(Workload pod, string container, JsonNode probe)
    {
        if (probe["httpGet"] is { } get)
        {
            return await StatusAsync(pod.Name, get["port"]!, get.Name("path")) == 200;
        }

        if (probe["exec"] is { } exec)
        {
            return (await _podman.TryAsync(["exec", container, .. exec["command"].Strings()])).ExitCode == 0;
        }

        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(_addresses[pod.Name], (int)pod.PortOf(probe.At("tcpSocket/port")!));
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
            foreach (var volume in ContainerOptions.WritableVolumes(pod))
            {
                await _podman.TryAsync("volume", "rm", "--force", $"{Pod(pod.Name)}-{volume}");
            }
        }

        await _podman.TryAsync("network", "rm", "--force", Network);
    }

    public static string Pod(string name) => $"{Network}-{name}";

    public static string Container(string pod, string name) => $"{Pod(pod)}.{name}";
}
