using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Partner.Testing;

namespace Partner.Relay.Tests;

/// <summary>A key that is changed while the relay runs.</summary>
public sealed class KeyFileTests : IDisposable
{
    private const string Next = "fedcba9876543210fedcba9876543210";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("partner-relay-");
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>As the kubelet does it: the file is a link into a folder that is a link, and that one is replaced.</summary>
    [Fact]
    public async Task AMountedSecretThatChangesIsReadAgain()
    {
        Write("..1/key", RelayHost.Key);
        Directory.CreateSymbolicLink(PathOf("..data"), "..1");
        File.CreateSymbolicLink(PathOf("key"), "..data/key");
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await StartAsync(gateway);
        Assert.Equal(RelayHost.Key, await KeyOfARequestAsync(relay, gateway));

        Write("..2/key", $"{Next}\n");
        Directory.CreateSymbolicLink(PathOf("..data_tmp"), "..2");
        await Command.RunAsync("mv", "-T", PathOf("..data_tmp"), PathOf("..data"));

        await UntilKeyIsAsync(relay, Next);
        Assert.Equal(Next, await KeyOfARequestAsync(relay, gateway));
        Assert.DoesNotContain(Next, relay.Logs.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(RelayHost.Key, relay.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheLastKeyStaysWhileTheFileHasNone()
    {
        Write("key", RelayHost.Key);
        await using var gateway = await GatewayStandIn.StartAsync();
        await using var relay = await StartAsync(gateway);

        File.Delete(PathOf("key"));
        relay.Get<CurrentKey>().ReadAgain();
        Write("key", Next[..12]);
        relay.Get<CurrentKey>().ReadAgain();

        Assert.Equal(RelayHost.Key, await KeyOfARequestAsync(relay, gateway));
        var warning = Assert.Single(relay.Logs.MessagesAt(LogLevel.Warning));
        Assert.StartsWith("The last key stays in use: Could not find file", warning, StringComparison.Ordinal);
        Write("key", Next);
        await UntilKeyIsAsync(relay, Next);
        Assert.DoesNotContain(Next[..12], relay.Logs.Text, StringComparison.Ordinal);
    }

    private Task<RelayHost> StartAsync(GatewayStandIn gateway) =>
        RelayHost.StartAsync(
            gateway.Url,
            builder => builder.Services.AddSingleton<TimeProvider>(_time),
            [$"--Relay:KeyFile={PathOf("key")}", .. RelayHost.LogEverything]
        );

    private Task UntilKeyIsAsync(RelayHost relay, string key) =>
        Until.TrueAsync(
            () => relay.Get<CurrentKey>().Value.Reveal() == key,
            () => _time.Advance(TimeSpan.FromSeconds(5))
        );

    private static async Task<string?> KeyOfARequestAsync(RelayHost relay, GatewayStandIn gateway)
    {
        (await relay.PostAsync("/v0.4/traces")).Dispose();
        return gateway.Requests.Last().Key;
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
    }
}
