using System.Collections.Concurrent;
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
        var errors = new Errors();
        host.Get<ILoggerFactory>().AddProvider(errors);
        var sites = OtherSites.ToDictionary(_ => ConnectionId.New().Text, site => site);
        host.Datadog.KeySite = connection => sites[connection];
        foreach (var connection in sites.Keys)
        {
            await host.PostAsync(ConnectionId.Parse(connection), $"waits {connection}");
        }

        foreach (var (connection, site) in sites)
        {
            var deliveries = await ParkedAsync(host, connection);
            Assert.Contains("\"backlog\":{\"items\":1,", deliveries, StringComparison.Ordinal);
            Assert.Contains(
                "\"reason\":\"The API key belongs to another site.\"",
                deliveries,
                StringComparison.Ordinal
            );
            Assert.Contains(
                $"The API key of {connection} is of {site ?? "no known site"}, its data for datadoghq.com. Nothing was sent; the data waits.",
                errors.Lines
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

    private static Task<string> ParkedAsync(SendingHost host, string connection) =>
        Until.AnsweredAsync(
            () => host.GetAsync($"/partner/v1/senders/logs/connections/{connection}/deliveries"),
            deliveries => deliveries.Contains("\"state\":\"parked\"", StringComparison.Ordinal)
        );

    private sealed class Errors : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
            {
                Lines.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose() { }
    }
}
