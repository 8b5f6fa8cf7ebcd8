using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Partner.Contracts;
using Partner.Sending.DeadLetters;
using Partner.ServiceDefaults;

namespace Partner.Sending.Tests;

public sealed class DeadLettersTests(SendingDatabase database) : IClassFixture<SendingDatabase>
{
    private readonly ConnectionId _connection = ConnectionId.New();

    private string Letters => $"/partner/v1/senders/logs/connections/{_connection.Text}/dead-letters";

    [Fact]
    public async Task LettersAreListedByPageReasonTimeAndReplay()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await WriteAsync("rejected", 5, 2);
        await WriteAsync("expired", 3, 1);
        var first = await GetAsync<DeadLetterPage>(host, "?limit=4");
        var second = await GetAsync<DeadLetterPage>(host, $"?limit=4&after={first.Next}");
        var third = await GetAsync<DeadLetterPage>(host, $"?limit=4&after={second.Next}");
        Assert.Equal(
            [
                "rejected-1",
                "rejected-2",
                "rejected-3",
                "rejected-4",
                "rejected-5",
                "expired-1",
                "expired-2",
                "expired-3",
            ],
            first.DeadLetters.Concat(second.DeadLetters).Concat(third.DeadLetters).Select(l => l.Item)
        );
        Assert.Null(third.Next);
        Assert.Equal(3, (await GetAsync<DeadLetterPage>(host, "?reason=expired")).DeadLetters.Count);
        Assert.Equal(3, (await GetAsync<DeadLetterPage>(host, $"?from={Ago(1.5)}")).DeadLetters.Count);
        Assert.Equal(5, (await GetAsync<DeadLetterPage>(host, $"?to={Ago(1.5)}")).DeadLetters.Count);
        Assert.Empty((await GetAsync<DeadLetterPage>(host, "?replayed=true")).DeadLetters);
        var letter = first.DeadLetters[0];
        Assert.Equal(("rejected", "of rejected", 10), (letter.Reason, letter.Detail, letter.Bytes));
        using var limit = await host.SendAsync(
            HttpMethod.Get,
            $"{Letters}?limit=0",
            new ServiceClaims(Role: PartnerRoles.Read)
        );
        Assert.Equal(HttpStatusCode.BadRequest, limit.StatusCode);
    }

    [Fact]
    public async Task ALongItemIsCutInAListAndWholeAlone()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await database.Database.ExecuteAsync(
            """
            INSERT INTO dead_letters (connection, reason, detail, variant, item_at, item)
            VALUES ($1, 'rejected', 'x', '', 0, convert_to(repeat('x', 20000), 'UTF8'))
            """,
            _connection.Text
        );
        var listed = Assert.Single((await GetAsync<DeadLetterPage>(host, "")).DeadLetters);
        Assert.Equal((10_000, 20_000), (listed.Item.Length, listed.Bytes));
        Assert.Equal(20_000, (await GetAsync<DeadLetterView>(host, $"/{listed.Id}")).Item.Length);
        using var others = await host.SendAsync(
            HttpMethod.Get,
            $"/partner/v1/senders/logs/connections/{ConnectionId.New().Text}/dead-letters/{listed.Id}",
            new ServiceClaims(Role: PartnerRoles.Read)
        );
        Assert.Equal(HttpStatusCode.NotFound, others.StatusCode);
    }

    [Fact]
    public async Task ReasonsAreCountedAndDiscardingTakesWhatIsMeantAndNoMore()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await WriteAsync("rejected", 2_500, 2);
        await WriteAsync("expired", 3, 1);
        Assert.Equal(
            [("expired", 3L, 0L), ("rejected", 2_500, 0)],
            (await GetAsync<DeadLetterReasons>(host, "/reasons")).Reasons.Select(r => (r.Reason, r.Waiting, r.Replayed))
        );

        using var nothing = await DeleteAsync(host, "");
        using var both = await DeleteAsync(host, "?all=true&reason=expired");
        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], [nothing.StatusCode, both.StatusCode]);
        using var rejected = await DeleteAsync(host, "?reason=rejected");
        Assert.Equal("""{"discarded":2500,"more":false}""", await rejected.Content.ReadAsStringAsync());
        var left = (await GetAsync<DeadLetterPage>(host, "")).DeadLetters;
        Assert.Equal(["expired-1", "expired-2", "expired-3"], left.Select(l => l.Item));
        using var one = await DeleteAsync(host, $"/{left[0].Id}");
        using var again = await DeleteAsync(host, $"/{left[0].Id}");
        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.NotFound], [one.StatusCode, again.StatusCode]);
        using var rest = await DeleteAsync(host, "?all=true");
        Assert.Equal("""{"discarded":2,"more":false}""", await rest.Content.ReadAsStringAsync());
        Assert.Equal(
            """{"reasons":[],"discarded":2503,"aged_out":0,"trimmed":0}""",
            await host.GetAsync($"{Letters}/reasons")
        );
    }

    [Fact]
    public async Task AReaderLooksAndDoesNothing()
    {
        await using var host = await SendingHost.StartAsync(database.ConnectionString);
        await WriteAsync("rejected", 1, 2);
        var reader = new ServiceClaims(Actor: "reader", Role: "read");
        using var look = await host.SendAsync(HttpMethod.Get, Letters, reader);
        using var discard = await host.SendAsync(HttpMethod.Delete, $"{Letters}?all=true", reader);
        using var replay = await host.SendAsync(
            HttpMethod.Post,
            $"{Letters}/replays",
            reader,
            JsonContent.Create(new { })
        );
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden],
            [look.StatusCode, discard.StatusCode, replay.StatusCode]
        );
        Assert.Single((await GetAsync<DeadLetterPage>(host, "?replayed=false")).DeadLetters);
    }

    [Fact]
    public async Task OldLettersAreRemovedInSmallBatchesAndCounted()
    {
        await using var own = await Testing.TestDatabase.CreateAsync(SendingDatabase.Scripts, "logs");
        // Looked after by the test alone.
        await using var host = await SendingHost.StartAsync(
            own.ConnectionString,
            start: false,
            settings: new() { ["DeadLetters:RemovedAtOnce"] = "10", ["DeadLetters:Keep"] = "10.00:00:00" }
        );
        await own.ExecuteAsync(
            """
            INSERT INTO dead_letters (connection, at, reason, detail, variant, item_at, item)
            SELECT $1, now() - CASE WHEN i <= 25 THEN interval '11 days' ELSE interval '9 days' END, 'rejected', '', '', 0, ''
            FROM generate_series(1, 30) AS i
            """,
            _connection.Text
        );
        var keeper = host.Get<DeadLetterJanitor>();
        var looks = 0;
        while (await keeper.SweepOnceAsync(CancellationToken.None))
        {
            looks++;
        }

        Assert.Equal(5, await own.ScalarAsync<long>("SELECT count(*) FROM dead_letters"));
        Assert.Equal(
            25,
            await own.ScalarAsync<long>("SELECT aged_out FROM letter_ends WHERE connection = $1", _connection.Text)
        );
        Assert.Equal(2, looks);
    }

    private Task WriteAsync(string reason, int count, int days) =>
        database.Database.ExecuteAsync(
            """
            INSERT INTO dead_letters (connection, at, reason, detail, variant, item_at, item)
            SELECT $1, now() - make_interval(days => $4), $2, 'of ' || $2, '', 0, convert_to($2 || '-' || i, 'UTF8') FROM generate_series(1, $3) AS i
            """,
            _connection.Text,
            reason,
            count,
            days
        );

    private static string Ago(double days) =>
        Uri.EscapeDataString($"{TimeProvider.System.GetUtcNow().AddDays(-days):O}");

    private async Task<T> GetAsync<T>(SendingHost host, string path) =>
        JsonSerializer.Deserialize<T>(await host.GetAsync(Letters + path), JsonSerializerOptions.Web)!;

    private Task<HttpResponseMessage> DeleteAsync(SendingHost host, string path) =>
        host.SendAsync(HttpMethod.Delete, Letters + path, new ServiceClaims(Actor: "tester", Role: "manage"));
}
