using System.Text.Json.Nodes;
using Partner.Egress.Tests;
using Partner.Testing;

namespace Partner.SiteRouter.Tests.Datadog;

[Trait("fault", "F33")]
public sealed class TenthSiteTests : IAsyncLifetime
{
    private const string Site = "jp1.datadoghq.com";
    private readonly string _path = Path.GetTempFileName();
    private FakeDatadog _datadog = null!;

    public async ValueTask InitializeAsync() => _datadog = await FakeDatadog.StartAsync();

    [Theory]
    [InlineData("/api/v1/monitor")]
    [InlineData("/api/v1/monitor?all=true")]
    public async Task ItWorksWhenItsRowIsConfiguredAndIsAClearErrorBefore(string path)
    {
        _datadog.Answer = context => context.Response.Body.WriteAsync("[]"u8.ToArray()).AsTask();
        await using (var before = await RouterHost.StartAsync(_datadog.TlsPort, _datadog.PagesPort))
        {
            var unknown = await before.SendAsync(before.Connect("token", Site, "monitors_read"), HttpMethod.Get, path);
            Assert.Equal((409, "unknown-site"), unknown.Problem);
            Assert.Empty(_datadog.Requests);
        }

        var file = JsonNode.Parse(await File.ReadAllTextAsync(Repository.PathOf("services", "Egress", "Sites.json")))!;
        file["sites"]!
            .AsArray()
            .Add(
                JsonNode.Parse(
                    $$$"""{"name":"JP1","parameter":"{{{Site}}}","appHost":"{{{Site}}}","hosts":{"api":"api.{{{Site}}}"}}"""
                )
            );
        await File.WriteAllTextAsync(_path, file.ToJsonString());
        await using var after = await RouterHost.StartAsync(
            _datadog.TlsPort,
            _datadog.PagesPort,
            ("Egress:SitesPath", _path)
        );
        var reply = await after.SendAsync(after.Connect("token", Site, "monitors_read"), HttpMethod.Get, path);
        Assert.Equal(200, reply.Status);
        Assert.Equal([$"GET https://api.{Site}/api/v1/monitor"], _datadog.Requests.Distinct());
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(_path);
        await _datadog.DisposeAsync();
    }
}
