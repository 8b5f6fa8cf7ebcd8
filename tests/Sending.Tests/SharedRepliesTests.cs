using System.Net;
using System.Text;
using Npgsql;
using Partner.Contracts;
using Partner.Sending.Accept;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>The README's table of what comes of any request, whatever its type.</summary>
public sealed class SharedRepliesTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private const string Readme = "services/Senders/Sending/README.md";

    private static readonly Dictionary<string, string?> Small = new()
    {
        ["Outbox:MaxBufferedBytes"] = "8000000",
        ["Outbox:MaxQueuedBytes"] = "1000000",
        ["Outbox:MaxConnectionBacklogBytes"] = "100000",
        ["Outbox:MaxBacklogBytes"] = "250000",
        ["Outbox:BacklogLook"] = "00:10:00",
        ["Delivery:Drain"] = "00:00:00.1",
        ["Delivery:Timeout"] = "00:00:01",
    };

    private readonly ConnectionId _connection = ConnectionId.New();

    private Dictionary<string, Func<SendingHost, bool, Task<HttpResponseMessage>>> Requests =>
        new()
        {
            ["a token without a connection"] = (host, _) =>
                host.SendAsync(HttpMethod.Post, "/in", ServiceClaims.None, new StringContent("x")),
            ["a Content-Encoding other than identity, gzip, deflate, zstd"] = (host, strict) =>
                host.PostAsync(_connection, Encoded("x", "br"), strict),
            ["a body that is not what its Content-Encoding says, or is cut off"] = (host, strict) =>
                host.PostAsync(_connection, Encoded("x", "gzip"), strict),
            ["a body over the type's limit, however it is packed"] = (host, strict) =>
                host.PostAsync(_connection, new string('x', 5_000_001), strict),
            ["an `Idempotency-Key` that is none"] = (host, strict) =>
                host.PostAsync(_connection, "x", strict, key: "two words"),
            ["an `Idempotency-Key` that was used with another body"] = async (host, strict) =>
            {
                using var first = await host.PostAsync(_connection, $"first, {strict}", strict, key: $"key-{strict}");
                return await host.PostAsync(_connection, "second", strict, key: $"key-{strict}");
            },
            ["more bodies at once, with what they become, than there is memory for"] = async (host, strict) =>
            {
                var memory = host.Get<MemoryBudget>();
                Assert.True(memory.TryTake(7_990_000));
                var response = await host.PostAsync(_connection, new string('x', 100_000), strict);
                memory.Give(7_990_000);
                return response;
            },
            ["a body that becomes more than half of what there is memory for"] = (host, strict) =>
                host.PostAsync(_connection, new string('x', 4_100_000), strict),
            ["a body for which there never is that memory"] = (host, strict) =>
                host.PostAsync(_connection, new string('x', 4_900_000), strict),
            ["a body whose items are more than may ever wait for a commit"] = (host, strict) =>
                host.PostAsync(_connection, new string('x', 1_500_000), strict),
            ["a database that refuses the commit"] = async (host, strict) =>
            {
                await using var admin = database.Database.Server.OpenAdmin(database.Database.Name);
                await ExecuteAsync(admin, "ALTER TABLE logs.segments ADD CONSTRAINT none CHECK (false) NOT VALID");
                var response = await host.PostAsync(_connection, "x", strict);
                await ExecuteAsync(admin, "ALTER TABLE logs.segments DROP CONSTRAINT none");
                return response;
            },
            ["more than a connection may have undelivered"] = async (host, strict) =>
            {
                var connection = ConnectionId.New();
                using var fills = await host.PostAsync(connection, new string('x', 100_000), strict);
                return await host.PostAsync(connection, "x", strict);
            },
            ["more than the outbox may hold"] = async (host, strict) =>
            {
                for (var i = 0; i < 10; i++)
                {
                    using var fills = await host.PostAsync(ConnectionId.New(), new string('x', 30_000), strict);
                }

                return await host.PostAsync(ConnectionId.New(), new string('x', 40_000), strict);
            },
        };

    [Fact]
    [Trait("fault", "F22")]
    [Trait("security", "46")]
    public async Task TheReadmeSaysWhatComesOfARequest()
    {
        var table = RequestTable.Read(Readme);
        Assert.Equal(Requests.Keys.Order(StringComparer.Ordinal), table.Keys.Order(StringComparer.Ordinal));
        var datadog = new FakeDatadog { Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.ServiceUnavailable) };
        await using var host = await SendingHost.StartAsync(database.ConnectionString, datadog, settings: Small);
        // In the order above: the last ones fill what there is.
        foreach (var (name, send) in Requests)
        {
            foreach (var (strict, reply) in new[] { (false, table[name].Reply), (true, table[name].Strict) })
            {
                using var response = await send(host, strict);
                Assert.Equal((name, reply.Status), (name, (int)response.StatusCode));
                Assert.Contains(reply.Detail, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
                Assert.Equal(reply.Status is 429 or 503, response.Headers.RetryAfter is not null);
            }
        }

        Assert.Equal(0, await database.Database.ScalarAsync<long>("SELECT count(*) FROM dead_letters"));
    }

    private static ByteArrayContent Encoded(string body, string encoding) =>
        new(Encoding.UTF8.GetBytes(body)) { Headers = { ContentEncoding = { encoding } } };

    private static async Task ExecuteAsync(NpgsqlDataSource admin, string sql)
    {
        await using var command = admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
