using System.Globalization;
using Partner.Testing;

namespace Partner.Deploy.Tests.Images;

/// <summary>
/// Debian's podman with a storage of this checkout's own, so that no image and no container of anybody else's is touched.
/// </summary>
internal sealed class Podman
{
    // Without systemd there is neither its cgroup manager nor its journal; an image comes from nowhere but here.
    private const string Configuration = """
        [engine]
        runtime = "runc"
        cgroup_manager = "cgroupfs"
        events_logger = "file"
        infra_image = ""
        [containers]
        default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
        log_driver = "k8s-file"
        """;

    private static readonly string[] Programs = ["podman", "runc", "catatonit", "mmdebstrap", "skopeo", "jq"];

    private readonly string _folder;
    private readonly Dictionary<string, string> _environment;

    private Podman(string folder)
    {
        _folder = folder;
        _environment = new() { ["CONTAINERS_CONF"] = Path.Combine(folder, "containers.conf") };
    }

    /// <exception cref="InvalidOperationException">This machine cannot run containers, and why.</exception>
    public static async Task<Podman> OpenAsync()
    {
        if (Environment.UserName != "root")
        {
            throw new InvalidOperationException("Containers of a test are run by root: this user is not.");
        }

        foreach (var program in Programs)
        {
            // Some of them are no program for people.
            LocalProcess.Find(program, "/usr/sbin", "/usr/libexec/podman");
        }

        var podman = new Podman(Directory.CreateDirectory(Repository.PathOf("artifacts", "podman")).FullName);
        await File.WriteAllTextAsync(podman._environment["CONTAINERS_CONF"], Configuration);
        var (exitCode, _, error) = await podman.TryAsync("info");
        return exitCode == 0
            ? podman
            : throw new InvalidOperationException($"podman cannot work on this machine: {error}");
    }

    public Task<string> RunAsync(params IEnumerable<string> arguments) =>
        Command.RunAsync("podman", Arguments(arguments), _environment);

    public Task<(int ExitCode, string Output, string Error)> TryAsync(params IEnumerable<string> arguments) =>
        Command.TryAsync("podman", Arguments(arguments), _environment);

    public async Task<int> ExitCodeOfAsync(string container) =>
        int.Parse(
            await RunAsync("inspect", "--format", "{{.State.ExitCode}}", container),
            CultureInfo.InvariantCulture
        );

    public async Task<string> LogOfAsync(string container)
    {
        var (_, output, error) = await TryAsync("logs", "--tail", "40", container);
        return $"{output}\n{error}";
    }

    /// <summary>A program <c>podman</c> that works in this storage.</summary>
    /// <returns>The folder where it is.</returns>
    public async Task<string> CommandAsync(string folder)
    {
        var bin = Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName;
        var program = Path.Combine(bin, "podman");
        var real = LocalProcess.Find("podman");
        await File.WriteAllTextAsync(
            program,
            $"""
            #!/bin/sh
            CONTAINERS_CONF='{_environment["CONTAINERS_CONF"]}' exec {real} {string.Join(' ', Arguments([]))} "$@"
            """
        );
        await Command.RunAsync("chmod", "+x", program);
        return bin;
    }

    private IEnumerable<string> Arguments(IEnumerable<string> arguments) =>
        ["--root", Path.Combine(_folder, "root"), "--runroot", Path.Combine(_folder, "run"), .. arguments];
}
