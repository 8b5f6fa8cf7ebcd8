using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>A disk that is really full: the sender's tables are on a small one of their own.</summary>
public sealed class FullDiskTests
{
    private const string Small = "16m";
    private const string Larger = "256m";

    [Fact]
    [Trait("fault", "F22")]
    public async Task OnAFullDiskNothingAcceptedIsLostAndItGoesOnWhenThereIsRoomAgain()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "A disk of its own needs root.");
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var disk = await SmallDisk.MountAsync(Small);
        Assert.SkipUnless(disk is not null, "A disk of its own needs the right to mount.");
        await using var own = await TestDatabase.CreateAsync(SendingDatabase.Scripts, "logs", server);
        await disk!.MoveAllAsync(own);
        await using var host = await SendingHost.StartAsync(
            own.ConnectionString,
            allowUnsafe: false,
            settings: new() { ["Outbox:BacklogLook"] = "00:00:01" }
        );
        var connections = Enumerable.Range(0, 4).Select(_ => ConnectionId.New()).ToList();
        var poisoned = connections[3];
        var accepted = new ConcurrentBag<(ConnectionId Of, string Line)>();
        // As it is with a sender that has been running: its counters have their rows.
        foreach (var connection in connections)
        {
            Assert.Equal(HttpStatusCode.Accepted, await PostAsync(host, connection, accepted));
        }

        await host.Datadog.WaitForAsync(4);
        Assert.Equal(0, await SendingDatabase.WaitForAsync(own, "SELECT count(*) FROM segments", 0));
        host.Datadog.Answer = (_, _) => FakeDatadog.Status(HttpStatusCode.ServiceUnavailable);

        var refused = 0;
        for (var i = 0; i < 2_000 && refused < 5; i++)
        {
            refused += await PostAsync(host, connections[i % 4], accepted) == HttpStatusCode.ServiceUnavailable ? 1 : 0;
        }

        Assert.Equal(5, refused);
        Assert.InRange(accepted.Count, 10, 2_000);
        using var health = await host.Http.GetAsync(host.App.Urls.Single() + "/health");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);

        // What was accepted goes out though the disk is full, and is then deleted, which needs no room; what Datadog
        // refuses needs some, and nobody else waits for that.
        var taken = accepted
            .Where(a => a.Of != poisoned)
            .Select(a => a.Line)
            .Concat(host.Datadog.TakenLines)
            .Distinct()
            .Order()
            .ToList();
        host.Datadog.Answer = (r, _) =>
            FakeDatadog.Status(r.Connection == poisoned.Text ? HttpStatusCode.BadRequest : HttpStatusCode.Accepted);
        Assert.Equal(taken, (await host.Datadog.WaitForAsync(taken.Count)).Order());
        Assert.Equal(
            0,
            await SendingDatabase.WaitForAsync(
                own,
                "SELECT count(*) FROM segments WHERE connection <> $1",
                0,
                poisoned.Text
            )
        );
        await disk.ResizeAsync(Larger);
        Assert.Equal(0, await SendingDatabase.WaitForAsync(own, "SELECT count(*) FROM segments", 0));
        Assert.Equal(accepted.Count - taken.Count, await own.ScalarAsync<long>("SELECT count(*) FROM dead_letters"));
        await Until.AnsweredAsync(
            () => PostAsync(host, connections[0], accepted),
            status => status == HttpStatusCode.Accepted
        );
        Assert.Equal(taken.Count + 1, (await host.Datadog.WaitForAsync(taken.Count + 1)).Count);
    }

    private static async Task<HttpStatusCode> PostAsync(
        SendingHost host,
        ConnectionId connection,
        ConcurrentBag<(ConnectionId Of, string Line)> accepted
    )
    {
        // Such as no compression makes smaller.
        var line = Convert.ToBase64String(RandomNumberGenerator.GetBytes(75_000));
        using var response = await host.PostAsync(connection, line);
        Assert.Equal(response.StatusCode == HttpStatusCode.Accepted, response.Headers.RetryAfter is null);
        if (response.StatusCode == HttpStatusCode.Accepted)
        {
            accepted.Add((connection, line));
        }

        return response.StatusCode;
    }

    private sealed class SmallDisk(string folder) : IAsyncDisposable
    {
        public static async Task<SmallDisk?> MountAsync(string size)
        {
            var folder = Directory.CreateTempSubdirectory("partner-disk-").FullName;
            try
            {
                await Command.RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);
            }
            catch (InvalidOperationException)
            {
                Directory.Delete(folder);
                return null;
            }

            await Command.RunAsync("chown", "postgres:postgres", folder);
            return new SmallDisk(folder);
        }

        public Task ResizeAsync(string size) => Command.RunAsync("mount", "-o", $"remount,size={size}", folder);

        public async Task MoveAllAsync(TestDatabase database)
        {
            await using var admin = database.Server.OpenAdmin(database.Name);
            await using (var make = admin.CreateCommand($"CREATE TABLESPACE small LOCATION '{folder}'"))
            {
                await make.ExecuteNonQueryAsync();
            }

            await using var move = admin.CreateCommand(
                """
                DO $$ DECLARE name text; BEGIN
                    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'logs' LOOP
                        EXECUTE format('ALTER TABLE logs.%I SET TABLESPACE small', name);
                    END LOOP;
                    FOR name IN SELECT indexname FROM pg_indexes WHERE schemaname = 'logs' LOOP
                        EXECUTE format('ALTER INDEX logs.%I SET TABLESPACE small', name);
                    END LOOP;
                END $$
                """
            );
            await move.ExecuteNonQueryAsync();
        }

        // Lazily: the server that has files open there ends later.
        public async ValueTask DisposeAsync()
        {
            await Command.RunAsync("umount", "-l", folder);
            Directory.Delete(folder);
        }
    }
}
