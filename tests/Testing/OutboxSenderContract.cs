using System.IO.Compression;
using System.Net;
using Partner.Contracts;
using Partner.Testing.PartnerApi;
using Xunit;

namespace Partner.Testing;

/// <summary>
/// What a sender with an outbox promises beside: its success means committed, and what it took goes out later, by
/// <see cref="Intake"/>.
/// </summary>
public abstract partial class OutboxSenderContract : SenderContract
{
    private LoopbackIntake? _intake;

    /// <summary>Of the site's hosts, the one that takes its batches.</summary>
    protected abstract string Product { get; }

    protected LoopbackIntake Intake => _intake ??= new LoopbackIntake(Product);

    protected sealed override string Scripts => "services/Senders/Sending/Migrations";

    protected sealed override HttpMessageHandler Upstream => Intake;

    protected sealed override Task<string> DeadLettersAsync(ConnectionId connection) =>
        Database.ScalarAsync<string>(
            "SELECT coalesce(string_agg(DISTINCT reason, ', ' ORDER BY reason), '') FROM dead_letters WHERE connection = $1",
            connection.Text
        );

    protected sealed override IReadOnlyList<string> Clients { get; } =
    ["IntakeClient", "ConnectionClient", "ApiKeyClient", "RouterClient"];

    /// <summary>A path, and the most bytes that it takes, uncompressed.</summary>
    protected abstract (string Path, int Bytes)[] MaxBytes { get; }

    /// <summary>Its items have ids, so an equal request is a repetition.</summary>
    protected virtual bool DeduplicatesRequests => false;

    [Fact]
    public async Task AnEqualRequestIsStoredAgainWhereItMayBeMeantSo()
    {
        foreach (var (path, success, body) in ValidRequests)
        {
            var accepted = await AcceptedAsync();
            var answers = new List<(HttpStatusCode, string, bool)>();
            for (var i = 0; i < 2; i++)
            {
                using var response = await PostAsync(path, body);
                answers.Add(
                    (
                        response.StatusCode,
                        await response.Content.ReadAsStringAsync(),
                        response.Headers.Contains("Idempotency-Replayed")
                    )
                );
            }

            var (_, answer, _) = answers[0];
            Assert.Equal([(success, answer, false), (success, answer, DeduplicatesRequests)], answers);
            Assert.Equal((path, accepted + (DeduplicatesRequests ? 1 : 2)), (path, await AcceptedAsync()));
        }

        Task<long> AcceptedAsync() =>
            Database.ScalarAsync<long>("SELECT coalesce(sum(items), 0)::bigint FROM accepted");
    }

    [Fact]
    public async Task TheLimitOfABodyIsSharpToTheByte()
    {
        foreach (var (path, bytes) in MaxBytes)
        {
            var (_, success, body) = ValidRequests.First(r => r.Path == path);
            using var most = await PostAsync(path, body.PadRight(bytes));
            using var more = await PostAsync(path, body.PadRight(bytes + 1));
            Assert.Equal(
                (path, success, HttpStatusCode.RequestEntityTooLarge),
                (path, most.StatusCode, more.StatusCode)
            );
        }
    }

    [Fact]
    public Task TheDocumentOfThePartnerApiSaysWhatTheEndpointsAre() =>
        PartnerApiDescription.AssertUpToDateAsync(App, "services/Senders/Sending", Name);

    [Fact]
    public async Task WhatIsTakenArrivesWithTheConnectionsKeyAndIsThenSettled()
    {
        foreach (var (path, _, body) in ValidRequests)
        {
            using var response = await PostAsync(path, body);
        }

        await WaitUntilSettledAsync();
        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM segments"));
        // They may share batches, so it is enough that something came, and nothing for anybody else.
        Assert.NotEmpty(Intake.Taken);
        Assert.All(
            Intake.Taken,
            r => Assert.Equal((Connection.Text, $"key-of-{Connection.Text}"), (r.Connection, r.Key))
        );
    }

    /// <summary>Nothing that was taken waits for its delivery any more.</summary>
    protected Task WaitUntilSettledAsync() =>
        Until.AnsweredAsync(() => Database.ScalarAsync<long>("SELECT count(*) FROM segments"), left => left == 0);

    [Fact]
    public async Task TheSameItemsArriveHoweverTheyArePacked()
    {
        // Without those that stand close to a limit of time: they are sent eight times, one after the other.
        var table = RequestTable.Read(Readme);
        var cases = Cases
            .Where(c =>
                c.Body.Length is > 0 and < 20_000 && !c.IsStamped && !TimeLimits.Any(table[c.Row].DeadLetter.Contains)
            )
            .ToList();
        var plain = await ArriveAsync(cases, null, body => body);
        Assert.NotEmpty(plain);
        foreach (var (encoding, pack) in Packings)
        {
            Assert.Equal((encoding, plain), (encoding, await ArriveAsync(cases, encoding, pack)));
        }
    }

    private static readonly string[] TimeLimits = ["expired", "future"];

    // Of RFC 1952 2.2 several members are one body; "deflate" is zlib by RFC 9110 and raw by habit.
    private static (string Encoding, Func<byte[], byte[]> Pack)[] Packings =>
        [
            ("identity", body => body),
            ("gzip", Pack),
            ("gzip", body => [.. Pack(body[..(body.Length / 3)]), .. Pack([]), .. Pack(body[(body.Length / 3)..])]),
            (
                "deflate",
                body => Pack(body, stream => new ZLibStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            ),
            (
                "deflate",
                body => Pack(body, stream => new DeflateStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            ),
            ("zstd", body => new ZstdSharp.Compressor().Wrap(body).ToArray()),
            (
                "zstd1",
                body =>
                    [
                        .. new ZstdSharp.Compressor().Wrap(body[..(body.Length / 2)]),
                        .. new ZstdSharp.Compressor().Wrap(body[(body.Length / 2)..]),
                    ]
            ),
        ];

    // One connection for each request, so that none shares a batch with another: status, then what arrived of each.
    private async Task<string> ArriveAsync(List<RequestCase> cases, string? encoding, Func<byte[], byte[]> pack)
    {
        Intake.Taken.Clear();
        var (connections, statuses) = (new List<string>(), new List<int>());
        foreach (var request in cases)
        {
            var connection = ConnectionId.New();
            connections.Add(connection.Text);
            using var content = request.NewContent();
            var body = new ByteArrayContent(pack(request.Body))
            {
                Headers = { ContentType = content.Headers.ContentType },
            };
            if (encoding is not null)
            {
                body.Headers.ContentEncoding.Add(encoding);
            }

            using var message = new HttpRequestMessage(request.Method, Url(request.Path)) { Content = body };
            message.Headers.Authorization = new("Bearer", _gateway.TokenFor(Name, new(connection.Text)));
            using var response = await _http.SendAsync(message);
            statuses.Add((int)response.StatusCode);
        }

        await WaitUntilSettledAsync();
        var arrived = Intake.Taken.ToLookup(
            r => r.Connection,
            r => $"{r.PathAndQuery} {Convert.ToBase64String(r.Body)}"
        );
        return string.Join(
            '\n',
            connections.Select(
                (id, i) => $"{statuses[i]} {string.Join(' ', arrived[id].Order(StringComparer.Ordinal))}"
            )
        );
    }
}
