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

    protected sealed override Task<string> DeadLettersAsync(ConnectionId connection) => Database.ScalarAsync<string>(
        "SELECT coalesce(string_agg(DISTINCT reason, ', ' ORDER BY reason), '') FROM dead_letters WHERE connection = $1", connection.Text);

    protected sealed override IReadOnlyList<string> Clients { get; } = ["IntakeClient", "AuthClient", "VaultClient", "RouterClient"];

    /// <summary>A path, and the most bytes that it takes, uncompressed.</summary>
    protected abstract (string Path, int Bytes)[] MaxBytes { get; }

    [Fact]
    public async Task TheLimitOfABodyIsSharpToTheByte()
    {
        foreach (var (path, bytes) in MaxBytes)
        {
            var (_, success, body) = ValidRequests.First(r => r.Path == path);
            using var most = await PostAsync(path, body.PadRight(bytes));
            using var more = await PostAsync(path, body.PadRight(bytes + 1));
            Assert.Equal((path, success, HttpStatusCode.RequestEntityTooLarge), (path, most.StatusCode, more.StatusCode));
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

        for (var i = 0; i < 3_000 && await Database.ScalarAsync<long>("SELECT count(*) FROM segments") > 0; i++)
        {
            await Task.Delay(20);
        }

        Assert.Equal(0, await Database.ScalarAsync<long>("SELECT count(*) FROM segments"));
        // They may share batches, so it is enough that something came, and nothing for anybody else.
        Assert.NotEmpty(Intake.Taken);
        Assert.All(Intake.Taken, r => Assert.Equal((Connection.Text, $"key-of-{Connection.Text}"), (r.Connection, r.Key)));
    }
}
