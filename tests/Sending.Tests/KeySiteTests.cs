using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.Sending.Tests;

[Trait("security", "28")]
public sealed class KeySiteTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private static readonly string?[] OtherSites = ["datadoghq.eu", "us3.datadoghq.com", "DATADOGHQ.COM", "", null];

    [Fact]
    public async Task AKeyOfAnotherSiteIsNotSentAndTheDataWaits()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        var logs = new LogCapture();
        host.Get<ILoggerFactory>().AddProvider(logs);
        var sites = OtherSites.ToDictionary(_ => ConnectionId.New().Text, site => site);
        host.Datadog.KeySite = connection => sites[connection];
        foreach (var connection in sites.Keys)
        {
            await host.PostAsync(ConnectionId.Parse(connection), $"waits {connection}");
        }

        foreach (var (connection, site) in sites)
        {
            var parked = await Until.AnsweredAsync(
                () => host.DeliveriesAsync(ConnectionId.Parse(connection)),
                told => told.State == "parked"
            );
            Assert.Equal((1L, "The API key belongs to another site."), (parked.Backlog.Items, parked.Reason));
            Assert.Contains(
                $"The API key of {connection} is of {site ?? "no known site"}, its data for datadoghq.com. Nothing was sent; the data waits.",
                logs.MessagesAt(LogLevel.Error)
            );
        }

        Assert.Empty(host.Datadog.Requests);
        // Auth is asked, which may know a key's site now.
        Assert.Equal(sites.Keys.Order(), host.Datadog.Checks.Distinct().Order());

        host.Datadog.KeySite = _ => "datadoghq.com";
        Assert.Equal(
            sites.Keys.Select(connection => $"waits {connection}").Order(),
            (await host.Datadog.WaitForAsync(sites.Count)).Order()
        );
        Assert.All(sites.Keys, connection => Assert.Single(host.Datadog.Requests, r => r.Connection == connection));
    }
}
