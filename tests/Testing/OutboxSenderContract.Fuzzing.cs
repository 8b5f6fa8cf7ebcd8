using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text.Json;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.Testing.Fuzzing;
using Xunit;

namespace Partner.Testing;

/// <summary>Bodies that nobody thought of.</summary>
public abstract partial class OutboxSenderContract
{
    private const int Repetitions = 5;
    private const int CasesOfAConnection = 500;
    private const long MaxManagedBytes = 1_000_000_000;

    private static readonly string[] ContentTypes =
    [
        "application/json",
        "application/json; charset=utf-16",
        "text/plain",
        "application/logplex-1",
        "application/msgpack",
        "application/x-protobuf",
        "application/x-www-form-urlencoded",
        "nonsense",
    ];

    private static readonly string[] Encodings = ["gzip", "deflate", "zstd", "identity", "br", ""];

    private static readonly string[] Queries =
    [
        "?",
        "?ddtags=a:b",
        "?ddtags=%00",
        "?ddsource=%ff&service=%ED%A0%BD",
        "?host=h&x=1&x=2",
        "?wait=delivered",
        "?wait=",
        "?=&&=%",
    ];

    /// <summary>What one of these senders has to answer; anything else is a fault.</summary>
    private static readonly int[] Answers = [200, 202, 207, 400, 413, 415];

    /// <summary>Whether Datadog would read such a batch at all.</summary>
    protected virtual bool IsReadable(IntakeRequest request)
    {
        using var document = JsonDocument.Parse(request.Body, new JsonDocumentOptions { MaxDepth = 1_000 });
        return true;
    }

    [Fact]
    [Trait("fault", "F22")]
    public Task WhateverComesIsAnsweredAndWhatIsTakenArrives() => FuzzAsync(20261130, 6_000);

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    [Trait("fault", "F22")]
    public Task WhateverComesOfAHundredAndFiftyThousandIsAnsweredAndWhatIsTakenArrives() =>
        FuzzAsync(Environment.TickCount, 150_000);

    private async Task FuzzAsync(int seed, int count)
    {
        var refused = new ConcurrentQueue<string>();
        // They would fill the memory that is looked at.
        Intake.Keeps = false;
        Intake.Answer = request => Task.FromResult(Judge(request, refused));
        var seeds = Cases
            .Where(c => c.Body.Length < 20_000)
            .Concat(ValidRequests.Select(r => new RequestCase("", r.Path, r.Body)))
            .ToList();
        long peak = 0;
        var connections = Enumerable
            .Range(0, (count / CasesOfAConnection) + 1)
            .Select(_ => ConnectionId.New())
            .ToList();
        var answers = await FuzzRun.RunAsync(
            seed,
            count,
            async (_, number) =>
            {
                var (status, shown, answer) = (0, "", "");
                // A commit that came too late on a busy machine is to be repeated, and a fault of ours stays one.
                for (var i = 0; i < Repetitions && status is 0 or 503; i++)
                {
                    using var request = NewRequest(
                        new Mutator(seed + number),
                        seeds,
                        connections[number / CasesOfAConnection],
                        out shown
                    );
                    using var response = await _http.SendAsync(request, CancellationToken.None);
                    (status, answer) = (
                        (int)response.StatusCode,
                        await response.Content.ReadAsStringAsync(CancellationToken.None)
                    );
                }

                InterlockedMax(ref peak, HeldManagedBytes());
                return ($"{status}", Answers.Contains(status) ? null : $"{status} to {shown}: {answer}");
            }
        );
        // It reached the readers' ends and their refusals.
        Assert.True(
            answers.GetValueOrDefault("200") + answers.GetValueOrDefault("202") > count / 50,
            string.Join(' ', answers)
        );
        Assert.True(answers.GetValueOrDefault("400") > count / 50, string.Join(' ', answers));
        Assert.InRange(peak, 0, MaxManagedBytes);

        await WaitUntilSettledAsync();
        Assert.True(refused.IsEmpty, string.Join('\n', refused.Take(10)));
        var outcome = await Database.ScalarAsync<string>(
            """
            SELECT CASE WHEN a.items = s.delivered + s.dead AND s.delivered > 0
                    -- A time that is at the limit when it is taken is beyond it when it is sent.
                    AND NOT EXISTS (
                        SELECT FROM dead_letters
                        WHERE reason IN ('rejected', 'undeliverable') OR detail LIKE 'An item holds nothing%') THEN 'all'
                ELSE concat('taken ', a.items, ', delivered ', s.delivered, ', dead of them ', s.dead, ': ',
                    (SELECT string_agg(concat(n, ' ', reason, ' ', detail, ' ', item), chr(10)) FROM (
                        SELECT reason, max(detail) AS detail, encode(min(left(encode(item, 'hex'), 4000))::bytea, 'escape') AS item, count(*) AS n
                        FROM dead_letters GROUP BY reason) AS l)) END
            FROM (SELECT coalesce(sum(items - dead_lettered), 0) AS items FROM accepted) AS a,
                 (SELECT coalesce(sum(delivered), 0) AS delivered, coalesce(sum(dead_lettered), 0) AS dead FROM settled) AS s
            """
        );
        Assert.True(outcome == "all", outcome);
    }

    private HttpRequestMessage NewRequest(
        Mutator mutator,
        List<RequestCase> seeds,
        ConnectionId connection,
        out string shown
    )
    {
        var seed = mutator.Of(seeds);
        var body = mutator.Change(seed.Body, mutator.Of(seeds).Body, seed.ContentType);
        var type = mutator.Once(20) ? mutator.Of(ContentTypes) : seed.ContentType;
        var query = mutator.Once(20) && !seed.Path.Contains('?', StringComparison.Ordinal) ? mutator.Of(Queries) : "";
        shown = $"{seed.Path}{query} {type} {Convert.ToBase64String(body[..Math.Min(body.Length, 2_000)])}";
        var content = new ByteArrayContent(mutator.Once(10) ? Pack(body) : body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (mutator.Once(10))
        {
            content.Headers.TryAddWithoutValidation("Content-Encoding", mutator.Of(Encodings));
        }

        var request = new HttpRequestMessage(seed.Method, Url(seed.Path + query)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            _gateway.TokenFor(Name, new ServiceClaims(connection.Text, mutator.Once(5)))
        );
        return request;
    }

    private System.Net.HttpStatusCode Judge(IntakeRequest request, ConcurrentQueue<string> refused)
    {
        try
        {
            if (IsReadable(request))
            {
                return System.Net.HttpStatusCode.Accepted;
            }
        }
        catch (Exception exception)
        {
            refused.Enqueue(
                $"{exception.Message} {request.PathAndQuery} {Convert.ToBase64String(request.Body[..Math.Min(request.Body.Length, 2_000)])}"
            );
        }

        return System.Net.HttpStatusCode.BadRequest;
    }

    /// <summary>How much garbage waits to be collected is the machine's affair; only what is held counts.</summary>
    private static long HeldManagedBytes()
    {
        if (GC.GetTotalMemory(forceFullCollection: false) > MaxManagedBytes)
        {
            GC.Collect();
        }

        return GC.GetTotalMemory(forceFullCollection: false);
    }

    private static void InterlockedMax(ref long most, long value)
    {
        for (var seen = Interlocked.Read(ref most); value > seen; seen = Interlocked.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
