using System.Text.Json;
using Partner.Demo;
using Partner.Demo.Types;
using Partner.Testing;

namespace Partner.Deploy.Tests.Images;

/// <summary>The images do the system's work, as containers without a shell, without rights and without a disk.</summary>
public sealed class RunningTests
{
    private static string? SearchPath => Environment.GetEnvironmentVariables()["PATH"] as string;

    private static readonly string[] Services =
    [
        "auth",
        "checks",
        "events",
        "gateway",
        "incidents",
        "logs",
        "metrics",
        "site-router",
        "traces",
        "vault",
    ];

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task TheImagesAreTheSystem()
    {
        var podman = await Podman.OpenAsync();
        await BuiltImages.MakeAsync(podman);
        Assert.Equal(14, (await BuiltImages.ReadAsync()).Count);
        Assert.Empty(await ComponentsMissingAsync());
        await HasNoShellAsync(podman, "localhost/datadog-aspire/gateway:dev");

        // As deploy/README.md forwards them.
        var manifest = await Overlays.DevAsync();
        await using var cluster = await Cluster.StartAsync(
            podman,
            manifest,
            (9080, "gateway", 8080),
            (9081, "sandbox", 8080),
            (9082, "demo-partner", 8080)
        );
        await HealthIsOnTheManagementPortAloneAsync(cluster);
        using var system = new World(manifest);
        // A tenant on each of the nine sites, every type as Datadog's clients send it, and all of it arrives where it should.
        Assert.Equal(0, await Check.RunAsync(system.Gateway, system.Sandbox.Address, system.PartnerToken, []));
        await IsReadBackAsync(system);
        await NothingIsLostByKillsAsync(cluster, system);
        await EndsCleanlyAsync(cluster);
    }

    /// <summary>tests/Sandbox/README.md: the container's commands in one shell, and then the quick start.</summary>
    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task TheSandboxIsAContainerOfItsOwn()
    {
        var podman = await Podman.OpenAsync();
        await BuiltImages.MakeAsync(podman, "sandbox");
        var page = await File.ReadAllTextAsync(Repository.PathOf("tests/Sandbox/README.md"));
        var start = page.Split("```bash\n")[1].Split("```")[0];
        var quick = BashSession.BlocksOf(page);
        var folder = Directory.CreateTempSubdirectory("partner-sandbox-");
        using var shell = new BashSession(
            folder.FullName,
            ("PATH", $"{await podman.CommandAsync(folder.FullName)}:{SearchPath}")
        );
        try
        {
            await shell.RunAsync(start + quick[1][quick[1].IndexOf("until", StringComparison.Ordinal)..]);
            await shell.RunAsync(quick[2]);
            Assert.Contains("""{"message":"hello","service":"shop"}""", await shell.RunAsync(quick[3]));
        }
        finally
        {
            await podman.RunAsync("stop", "datadog-sandbox");
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Again, of another output: the same commit is the same image.</summary>
    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task TheSameSourcesMakeTheSameImage()
    {
        string[] arguments =
        [
            Repository.PathOf("eng/images"),
            "--local-base",
            "--no-sbom",
            "--tag",
            "same",
            "migrator",
        ];
        async Task<BuiltImage> BuildAsync()
        {
            var output = Repository.PathOf("artifacts/images/build");
            foreach (
                var folder in new[] { "Migrator", "Storage" }
                    .SelectMany(project =>
                        new[] { "bin", "obj", "publish" }.Select(kind => Path.Combine(output, kind, project))
                    )
                    .Where(Directory.Exists)
            )
            {
                Directory.Delete(folder, recursive: true);
            }

            await Command.RunAsync("bash", arguments);
            return Assert.Single(await BuiltImages.ReadAsync());
        }

        var first = await BuildAsync();
        Assert.Equal(first, await BuildAsync());
    }

    /// <summary>Packages whose files are in an image and not in its list, and what every list has to name.</summary>
    private static async Task<List<string>> ComponentsMissingAsync()
    {
        var missing = new List<string>();
        foreach (var project in await Image.ListAsync())
        {
            var name = project.Repository[Image.Prefix.Length..];
            var assembly = Path.GetFileNameWithoutExtension(project.Project);
            var list = await ReadAsync($"artifacts/images/{name}.cdx.json");
            var dependencies = await ReadAsync(
                $"artifacts/images/build/publish/{assembly}/release_linux-x64/{assembly}.deps.json"
            );
            var listed = list.GetProperty("components")
                .EnumerateArray()
                .Select(c => $"{c.GetProperty("name")}/{c.GetProperty("version")}")
                .ToHashSet(StringComparer.OrdinalIgnoreCase);
            var shipped = dependencies
                .GetProperty("libraries")
                .EnumerateObject()
                .Where(library => library.Value.GetProperty("type").GetString() == "package")
                .Select(library => library.Name);
            string[] always = ["Microsoft.NETCore.App", "Microsoft.AspNetCore.App", "libc6", "libssl3"];
            missing.AddRange(shipped.Where(p => !listed.Contains(p)).Select(p => $"{name}: {p}"));
            missing.AddRange(
                always
                    .Where(a => !listed.Any(l => l.StartsWith($"{a}/", StringComparison.Ordinal)))
                    .Select(a => $"{name}: {a}")
            );
        }

        return missing;
    }

    private static async Task<JsonElement> ReadAsync(string file) =>
        JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(Repository.PathOf(file)));

    private static async Task HasNoShellAsync(Podman podman, string image)
    {
        foreach (var program in new[] { "/bin/sh", "/bin/bash", "/usr/bin/apt-get", "/usr/bin/dpkg" })
        {
            var (exitCode, _, error) = await podman.TryAsync(
                "run",
                "--rm",
                "--pull=never",
                "--network=none",
                $"--entrypoint={program}",
                image
            );
            Assert.True(
                exitCode == 127 && error.Contains("no such file", StringComparison.Ordinal),
                $"{program}: {error}"
            );
        }
    }

    private static async Task HealthIsOnTheManagementPortAloneAsync(Cluster cluster)
    {
        foreach (var name in Services)
        {
            Assert.Equal(200, await cluster.StatusAsync(name, "management", "/alive"));
            Assert.Equal(404, await cluster.StatusAsync(name, "http", "/alive"));
            Assert.Equal(404, await cluster.StatusAsync(name, "http", "/health"));
        }
    }

    private static async Task IsReadBackAsync(World system)
    {
        var tenant = await ConnectAsync(system, "read-back");
        using var answer = await system.Backend.GetAsync(
            $"partner/v1/connections/{tenant.Connection.Id}/datadog/api/v1/monitor?page=0&page_size=10"
        );
        var monitors = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal(10, monitors.GetArrayLength());
        Assert.StartsWith(tenant.Org.Name, monitors[0].GetProperty("name").GetString());
    }

    /// <summary>What was answered with 202 arrives, though its sender and then the database are killed.</summary>
    private static async Task NothingIsLostByKillsAsync(Cluster cluster, World system)
    {
        var tenant = await ConnectAsync(system, "killed");
        await system.Sandbox.HoldAsync(new { org = tenant.Org.Id });
        var logs = DataType.All.Single(type => type.Name == "logs").Clients[0];
        var markers = Enumerable.Range(0, 500).Select(i => $"kill_{i:0000}").ToList();
        foreach (var some in markers.Chunk(logs.Items))
        {
            using var request = logs.Request(
                new Call(system.Gateway, tenant.Key.Key, some, TimeProvider.System.GetUtcNow())
            );
            using var response = await system.Http.SendAsync(request);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        }

        Assert.Empty(await system.Sandbox.ItemsAsync(tenant.Org.Id, "logs"));
        await cluster.KillAsync("logs");
        await cluster.KillAsync("postgres");
        await cluster.StartAgainAsync("postgres");
        await cluster.StartAgainAsync("logs");
        await system.Sandbox.ReleaseAsync();
        await Until.AnsweredAsync(
            async () =>
            {
                var arrived = string.Join('\n', await system.Sandbox.ItemsAsync(tenant.Org.Id, "logs"));
                return markers.FindAll(marker => !arrived.Contains(marker, StringComparison.Ordinal));
            },
            missing => missing.Count == 0
        );
    }

    private static async Task EndsCleanlyAsync(Cluster cluster)
    {
        var codes = new Dictionary<string, int>();
        foreach (var name in Services.Append("sandbox").Append("demo-partner"))
        {
            codes.Add(name, await cluster.StopAsync(name));
        }

        Assert.All(codes, code => Assert.True(code.Value == 0, $"{code.Key} ended with {code.Value}."));
    }

    private static Task<ConnectedTenant> ConnectAsync(World system, string name) =>
        Connecting.ConnectAsync(system.Backend, system.Sandbox, system.Gateway, DemoSite.All[1], name);

    /// <summary>The system from outside: its partner's backend, and what Datadog received.</summary>
    private sealed class World(Manifest manifest) : IDisposable
    {
        public Uri Gateway { get; } = new(manifest.Setting("partner", "public-url")!);

        public string PartnerToken { get; } = manifest.SecretText("gateway", "partner-token");

        public PartnerBackend Backend { get; } =
            PartnerBackend.To(
                new Uri(manifest.Setting("partner", "public-url")!),
                manifest.SecretText("gateway", "partner-token")
            );

        public SandboxAdmin Sandbox { get; } = new(new Uri(manifest.Setting("settings", "Egress__Sandbox__Pages")!));

        public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false });

        public void Dispose()
        {
            Backend.Dispose();
            Sandbox.Dispose();
            Http.Dispose();
        }
    }
}
