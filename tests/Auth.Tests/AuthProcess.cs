using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Auth.Tests;

/// <summary>An Auth that is a process of its own, to be paused or killed as the operating system does it.</summary>
internal sealed class AuthProcess : IAsyncDisposable
{
    private readonly World _world;
    private readonly LocalProcess _process;

    private AuthProcess(World world, LocalProcess process, Uri url) => (_world, _process, Url) = (world, process, url);

    public Uri Url { get; }

    /// <summary>Started on a database that may lose commits, with nothing that allows it: what it says, and its exit code.</summary>
    public static async Task<(int ExitCode, string Output)> StartOnUnsafeDatabaseAsync(World world)
    {
        var (process, _) = Start(world, new KeyValuePair<string, string?>("AllowUnsafeDatabase", "false"));
        using (process)
        {
            return (await process.ExitAsync(), process.Output);
        }
    }

    public static async Task<AuthProcess> StartAsync(World world)
    {
        var (process, url) = Start(world);
        await process.WaitForPortAsync(url.Port);
        return new AuthProcess(world, process, url);
    }

    private static (LocalProcess Process, Uri Url) Start(
        World world,
        params IEnumerable<KeyValuePair<string, string?>> more
    )
    {
        var url = new Uri($"http://127.0.0.1:{LocalProcess.FreePort()}");
        var folder = AppContext.BaseDirectory;
        string[] settings =
        [
            .. world
                .AuthSettings(url.OriginalString)
                .Append(new("Clients:default:Secrets:0", world.Secret))
                .Append(new("contentRoot", folder))
                .Concat(more)
                .Select(s => $"--{s.Key}={s.Value}"),
        ];
        var dotnet =
            Environment.ProcessPath is { } own && Path.GetFileName(own) == "dotnet"
                ? own
                : LocalProcess.Find("dotnet", "/usr/bin", "/usr/share/dotnet");
        return (LocalProcess.Start(dotnet, [Path.Combine(folder, "Auth.dll"), .. settings]), url);
    }

    public async Task<(HttpStatusCode Status, AccessToken? Token)> AccessTokenAsync(
        ConnectionId connection,
        HttpClient? http = null
    )
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(Url, $"/internal/v1/connections/{connection}/access-token")
        );
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            _world.Sender.TokenFor("auth", new ServiceClaims(connection.Text))
        );
        using var response = await (http ?? AuthInstance.Http).SendAsync(request);
        return (
            response.StatusCode,
            response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<AccessToken>() : null
        );
    }

    /// <summary>As kill -9.</summary>
    public void Kill() => _process.Kill();

    /// <summary>As a virtual machine that is frozen, until <see cref="ResumeAsync"/>.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
