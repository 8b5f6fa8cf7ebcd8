using System.Collections.Concurrent;
using System.Net;
using Partner.Contracts;
using Partner.Testing;

namespace Partner.Sending.Tests;

public sealed class FlushTests
{
    [Fact]
    [Trait("fault", "F20")]
    public async Task AtEachAnswerTheWalIsFlushedUpToItsCommit()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        await using var own = await TestDatabase.CreateAsync(SendingDatabase.Scripts, "logs", server);
        await using var admin = server.OpenAdmin(own.Name);
        Assert.SkipUnless(
            await ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_walinspect')"),
            "pg_walinspect, which tells where a commit is in the log, is not installed."
        );
        await ScalarAsync<object>("CREATE EXTENSION pg_walinspect");
        // Nobody else flushes what a commit has not.
        await ScalarAsync<object>("ALTER SYSTEM SET wal_writer_delay = '10s'");
        await ScalarAsync<object>("SELECT pg_reload_conf()");
        var start = await ScalarAsync<string>("SELECT pg_current_wal_lsn()::text");
        await using var host = await SendingHost.StartAsync(own.ConnectionString, allowUnsafe: false);
        var hold = new TaskCompletionSource();
        host.Datadog.Answer = async (_, _) =>
        {
            await hold.Task;
            return await FakeDatadog.Accepted();
        };
        var flushed = new ConcurrentDictionary<string, string>();
        await Parallel.ForAsync(
            0,
            60,
            new ParallelOptions { MaxDegreeOfParallelism = 6 },
            async (i, _) =>
            {
                var connection = ConnectionId.New();
                using var response = await host.PostAsync(connection, $"line-{i}");
                flushed[connection.Text] = await ScalarAsync<string>("SELECT pg_current_wal_flush_lsn()::text");
                Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            }
        );
        // The rows are still there, since nothing has been delivered; each carries the transaction that wrote it.
        var answered = await ScalarAsync<string>(
            $"""
            SELECT count(*) || ' ' || count(*) FILTER (WHERE a.flushed >= c.end_lsn)
            FROM (VALUES {string.Join(
                ',',
                flushed.Select(f => $"('{f.Key}', '{f.Value}'::pg_lsn)")
            )}) AS a (connection, flushed)
            JOIN logs.segments s ON s.connection = a.connection
            JOIN pg_get_wal_records_info('{start}', pg_current_wal_flush_lsn()) c
            ON c.xid::text = s.xmin::text AND c.resource_manager = 'Transaction' AND c.record_type = 'COMMIT'
            """
        );
        Assert.Equal("60 60", answered);
        hold.SetResult();

        async Task<T> ScalarAsync<T>(string sql)
        {
            await using var command = admin.CreateCommand(sql);
            return (T)(await command.ExecuteScalarAsync())!;
        }
    }
}
