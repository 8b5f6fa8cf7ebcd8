using System.Net;
using Partner.Gateway.Limits;
using Partner.Testing;

namespace Partner.Gateway.Tests;

public sealed class LimitTests
{
    [Fact]
    [Trait("fault", "F14")]
    public async Task AFloodingConnectionIsTold429AndTheOthersAreNot()
    {
        await using var host = new GatewayHost("--Limits:Connection:PerSecond=2", "--Limits:Connection:Burst=3");
        await host.InitializeAsync();
        var (flooding, _) = await host.NewKeyAsync();
        var (quiet, _) = await host.NewKeyAsync();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(flooding)).Status);
        }

        var answer = await host.PostLogsAsync(flooding);

        Assert.Equal(
            (429, """{"errors":[{"status":"429","title":"Too Many Requests","detail":"Too many requests"}]}"""),
            answer.StatusAndBody
        );
        Assert.Equal(
            ("1", "2", "1", "0", "1", "ingest_requests"),
            (
                answer.Header("Retry-After"),
                answer.Header("X-RateLimit-Limit"),
                answer.Header("X-RateLimit-Period"),
                answer.Header("X-RateLimit-Remaining"),
                answer.Header("X-RateLimit-Reset"),
                answer.Header("X-RateLimit-Name")
            )
        );
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(quiet)).Status);

        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(flooding)).Status);
    }

    [Fact]
    [Trait("security", "47")]
    public async Task RefusedCredentialsAreLimitedAndGoodOnesAreNot()
    {
        await using var host = new GatewayHost("--Limits:Failures:PerSecond=0.05", "--Limits:Failures:Burst=2");
        await host.InitializeAsync();
        var (key, _) = await host.NewKeyAsync();

        Assert.Equal(HttpStatusCode.Forbidden, (await host.PostLogsAsync(new string('0', 32))).Status);
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            (await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", "guess")).Status
        );
        var answer = await host.PostLogsAsync(new string('1', 32));

        Assert.Equal(
            (429, "20", "3", "60"),
            (
                (int)answer.Status,
                answer.Header("Retry-After"),
                answer.Header("X-RateLimit-Limit"),
                answer.Header("X-RateLimit-Period")
            )
        );
        Assert.Equal(429, (int)(await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", "guess")).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await host.PostLogsAsync(key)).Status);
    }

    [Fact]
    [Trait("security", "47")]
    public async Task VisitsOfOneAddressAreLimited()
    {
        await using var host = new GatewayHost(
            "--Limits:People:PerSecond=1",
            "--Limits:People:Burst=2",
            "--Forwarding:TrustedProxies:0=127.0.0.0/8"
        );
        await host.InitializeAsync();

        var statuses = new List<int>();
        foreach (
            var address in new[]
            {
                "192.0.2.1",
                "192.0.2.1",
                "192.0.2.1",
                "192.0.2.2",
                "2001:db8::1",
                "2001:db8::2",
                "2001:db8::3",
            }
        )
        {
            statuses.Add(
                (int)
                    (
                        await host.SendAsync(
                            HttpMethod.Get,
                            "/connect",
                            headers: h => h.Add("X-Forwarded-For", address)
                        )
                    ).Status
            );
        }

        Assert.Equal([202, 202, 429, 202, 202, 202, 429], statuses);
    }

    /// <summary>Aspire sets this on what it publishes: the framework then believes the header from anybody.</summary>
    [Fact]
    public async Task NobodyIsBelievedForASettingOfTheFramework()
    {
        await using var host = new GatewayHost(
            "--Limits:People:PerSecond=1",
            "--Limits:People:Burst=2",
            "--ForwardedHeaders_Enabled=true"
        );
        await host.InitializeAsync();

        var statuses = new List<int>();
        foreach (var address in new[] { "192.0.2.1", "192.0.2.2", "192.0.2.3" })
        {
            statuses.Add(
                (int)
                    (
                        await host.SendAsync(
                            HttpMethod.Get,
                            "/connect",
                            headers: h => h.Add("X-Forwarded-For", address)
                        )
                    ).Status
            );
        }

        Assert.Equal([202, 202, 429], statuses);
    }

    [Fact]
    public void ABucketGainsWhatTimeGives()
    {
        var time = new ManualTimeProvider();
        var bucket = new TokenBucket(perSecond: 0.5, burst: 1, time);

        Assert.True(bucket.TryTake(out _));
        Assert.False(bucket.TryTake(out var wait));
        Assert.Equal(TimeSpan.FromSeconds(2), wait);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(bucket.IsFull);
        time.Advance(TimeSpan.FromHours(1));
        Assert.True(bucket.IsFull);
        Assert.True(bucket.TryTake(out _));
        Assert.False(bucket.TryTake(out _));
    }
}
